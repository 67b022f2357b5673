package ai.kolm.server;

import ai.kolm.capture.CaptureRecorder;
import ai.kolm.server.Router.Route;
import ai.kolm.upstream.Provider;
import ai.kolm.upstream.UpstreamClient;
import java.util.List;

/**
 * Where requests under {@code /v1/capture} go, and who records them.
 *
 * @param providers the first one is meant where a path names none
 * @param client calls them
 * @param recorder records
 */
public record CaptureService(
    List<Provider> providers, UpstreamClient client, CaptureRecorder recorder) {
  static final String PATH = "/v1/capture/";

  /**
   * @throws IllegalArgumentException if there is no provider, or two have the same name
   */
  public CaptureService {
    providers = List.copyOf(providers);
    if (providers.isEmpty()) {
      throw new IllegalArgumentException("expected at least one provider");
    }
    if (providers.stream().map(Provider::name).distinct().count() < providers.size()) {
      throw new IllegalArgumentException("two providers have the same name");
    }
  }

  /** Whether exchanges cannot be recorded. */
  boolean degraded() {
    return recorder.degraded();
  }

  Route route(RunningAnswers running, ClientWatcher watcher) {
    return new Route(Route.ANY, PATH, new CaptureHandler(this, running, watcher)::relay);
  }
}
