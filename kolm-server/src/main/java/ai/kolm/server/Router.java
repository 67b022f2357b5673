package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds the endpoint of a request. Paths are compared as they came, byte for byte: there is no
 * second spelling of a route.
 */
final class Router {
  private static final String PREFIX = "/v1";

  /**
   * A route.
   *
   * @param method of HTTP; GET means HEAD too, {@link #ANY} all of them
   * @param path the whole path; if it ends in a slash, the start of one
   * @param endpoint answers
   */
  record Route(String method, String path, ExchangeHandler endpoint) {
    /** Every method. */
    static final String ANY = "*";

    boolean takes(String other) {
      return method.equals(ANY) || methods().anyMatch(other::equals);
    }

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
      if (route.takes(exchange.method())) {
        String rest = path.substring(Math.min(path.length(), route.path().length()));
        exchange.route(route.path());
        // In a path a plus is itself; what the decoder does to it is for forms.
        String name = URLDecoder.decode(rest.replace("+", "%2B"), StandardCharsets.UTF_8);
        route.endpoint().handle(exchange, name);
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
    Optional<String> known = OutOfScope.message(path);
    if (known.isPresent()) {
      return known.get();
    }
    if (routes.stream().anyMatch(route -> route.matchesPath(PREFIX + path))) {
      return "Unknown request URL. Did you forget %s at the end of the base URL?".formatted(PREFIX);
    }
    return "Unknown request URL. Please check the URL for typos.";
  }
}
