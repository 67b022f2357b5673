package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;

/**
 * Finds the endpoint of a request. Paths are compared as they came, byte for byte: there is no
 * second spelling of a route.
 */
final class Router {
  private static final String PREFIX = "/v1";

  /** Parts of the OpenAI API that are not served; a client that asks for them is told so. */
  private static final List<String> NOT_SERVED =
      List.of(
          "/v1/assistants",
          "/v1/audio",
          "/v1/batches",
          "/v1/completions",
          "/v1/embeddings",
          "/v1/files",
          "/v1/fine_tuning",
          "/v1/images",
          "/v1/moderations",
          "/v1/realtime",
          "/v1/responses",
          "/v1/threads",
          "/v1/uploads",
          "/v1/vector_stores",
          "/v1/videos");

  /**
   * A route.
   *
   * @param method of HTTP; GET means HEAD too
   * @param path the whole path; if it ends in a slash, the start of one
   * @param endpoint answers
   */
  record Route(String method, String path, ExchangeHandler endpoint) {
    boolean matchesPath(String other) {
      return path.endsWith("/")
          ? other.startsWith(path) && other.length() > path.length()
          : other.equals(path);
    }

    Stream<String> methods() {
      return method.equals("GET") ? Stream.of("GET", "HEAD") : Stream.of(method);
    }
  }

  private final List<Route> routes;

  Router(List<Route> routes) {
    this.routes = List.copyOf(routes);
  }

  /** All routes. */
  List<Route> routes() {
    return routes;
  }

  /** Hands the exchange to its endpoint. */
  void route(Exchange exchange) throws Exception {
    String path = exchange.path();
    List<Route> matching = routes.stream().filter(route -> route.matchesPath(path)).toList();
    for (Route route : matching) {
      if (route.methods().anyMatch(exchange.method()::equals)) {
        String rest = path.substring(Math.min(path.length(), route.path().length()));
        route.endpoint().handle(exchange, URLDecoder.decode(rest, StandardCharsets.UTF_8));
        return;
      }
    }
    if (matching.isEmpty()) {
      throw new RefusedException(Reason.NOT_FOUND, notFound(path));
    }
    List<String> allowed = matching.stream().flatMap(Route::methods).toList();
    throw new RefusedException(
        Reason.METHOD,
        "This URL does not know the method of the request; it knows %s."
            .formatted(String.join(", ", allowed)),
        allowed);
  }

  private String notFound(String path) {
    if (NOT_SERVED.stream().anyMatch(path::startsWith)) {
      return "This part of the OpenAI API is not served here.";
    }
    if (routes.stream().anyMatch(route -> route.matchesPath(PREFIX + path))) {
      return "Unknown request URL. Did you forget %s at the end of the base URL?".formatted(PREFIX);
    }
    return "Unknown request URL. Please check the URL for typos.";
  }
}
