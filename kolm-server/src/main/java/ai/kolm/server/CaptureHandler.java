package ai.kolm.server;

import ai.kolm.capture.CaptureTags;
import ai.kolm.server.RefusedException.Reason;
import ai.kolm.upstream.Provider;
import ai.kolm.upstream.UpstreamRequest;
import java.io.ByteArrayInputStream;
import java.io.SequenceInputStream;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpFields;

/** {@code /v1/capture/...}: finds the provider that is meant, and relays to it. */
final class CaptureHandler {
  private static final String NAMED = "p/";
  private static final int SMALL_BODY = 64 << 10;
  private static final Set<String> NO = Set.of("0", "false");

  private final CaptureService service;
  private final RunningAnswers running;
  private final ClientWatcher watcher;

  CaptureHandler(CaptureService service, RunningAnswers running, ClientWatcher watcher) {
    this.service = service;
    this.running = running;
    this.watcher = watcher;
  }

  /**
   * Where a request goes.
   *
   * @param provider who is asked
   * @param rest path and query there, from the slash on
   */
  private record Target(Provider provider, String rest) {}

  void relay(Exchange exchange, String rest) throws Exception {
    Target target = target(exchange.target().substring(CaptureService.PATH.length()));
    boolean optedOut = optedOut(exchange.headers());
    CaptureTags tags = tags(exchange.headers());
    if (!optedOut && service.recorder().config().require() && !service.recorder().ready(tags)) {
      exchange.setHeader(Relay.CAPTURE_HEADER, "failed");
      throw new RefusedException(
          Reason.CAPTURE_UNAVAILABLE,
          "Captures cannot be stored, and this server passes on nothing that is not.");
    }
    UpstreamRequest request = request(exchange, target);
    Optional<CaptureTags> recorded = optedOut ? Optional.empty() : Optional.of(tags);
    if (optedOut) {
      service.recorder().optedOut(tags);
    }
    Relay relay = new Relay(exchange, service, watcher, target.provider(), target.rest(), recorded);
    running.add(relay, relay::cancel);
    try {
      relay.run(request);
    } finally {
      running.remove(relay);
    }
  }

  private Target target(String rest) throws RefusedException {
    if (!rest.startsWith(NAMED)) {
      return new Target(service.providers().getFirst(), "/" + rest);
    }
    String named = rest.substring(NAMED.length());
    int slash = named.indexOf('/');
    String name = slash < 0 ? named : named.substring(0, slash);
    for (Provider provider : service.providers()) {
      if (provider.name().equals(name)) {
        return new Target(provider, slash < 0 ? "" : named.substring(slash));
      }
    }
    throw new RefusedException(
        Reason.NOT_FOUND, "This server passes on to no provider of that name.");
  }

  /** Whoever sends one of these headers wants nothing kept. */
  private static boolean optedOut(HttpFields headers) {
    boolean none =
        headers.getValuesList("x-kolm-retention").stream().anyMatch("none"::equalsIgnoreCase);
    return none || isSet(headers, "x-kolm-no-store") || isSet(headers, "x-kolm-zero-retention");
  }

  private static boolean isSet(HttpFields headers, String name) {
    String value = headers.get(name);
    return value != null && !NO.contains(value.strip().toLowerCase(Locale.ROOT));
  }

  private CaptureTags tags(HttpFields headers) throws RefusedException {
    try {
      return service.recorder().config().tags().of(headers::get);
    } catch (IllegalArgumentException e) {
      throw new RefusedException(
          Reason.MALFORMED, "The headers x-kolm-task and x-kolm-namespace: " + e.getMessage());
    }
  }

  /** A small body that has come with its head, as most do, needs no thread that waits for it. */
  private static Optional<UpstreamRequest.Body> body(Exchange exchange) {
    long length = exchange.bodyLength();
    if (length == 0) {
      return exchange.headers().contains("Content-Length")
          ? Optional.of(new UpstreamRequest.Whole(new byte[0]))
          : Optional.empty();
    }
    if (length < 0 || length > SMALL_BODY) {
      return Optional.of(new UpstreamRequest.Stream(exchange::body, length));
    }
    byte[] begun = exchange.bodySoFar();
    return Optional.of(
        begun.length == length
            ? new UpstreamRequest.Whole(begun)
            : new UpstreamRequest.Stream(
                () -> new SequenceInputStream(new ByteArrayInputStream(begun), exchange.body()),
                length));
  }

  private UpstreamRequest request(Exchange exchange, Target target) throws RefusedException {
    try {
      return new UpstreamRequest(
          exchange.method(),
          target.provider().at(target.rest()),
          RelayHeaders.toProvider(exchange.headers()),
          body(exchange));
    } catch (URISyntaxException e) {
      throw new RefusedException(Reason.MALFORMED, "The target of the request is no valid URL.");
    }
  }
}
