package ai.kolm.server;

import java.util.List;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.jspecify.annotations.Nullable;

/**
 * Lets web pages of origins that were allowed call this server and read its answers (the CORS
 * protocol of the Fetch standard). Pages of others get nothing from here.
 *
 * @param origins that are allowed, as browsers write them
 */
record CrossOrigin(List<String> origins) {
  private static final String EXPOSED =
      "x-request-id, x-kolm-receipt, x-kolm-artifact, x-kolm-ignored, openai-processing-ms,"
          + " retry-after";

  /** Header names that a browser may ask for; the SDKs send a dozen of their own. */
  private static final String NAMES = "[A-Za-z0-9_, -]{1,4096}";

  CrossOrigin {
    origins = List.copyOf(origins);
  }

  private @Nullable String origin(Request request) {
    String origin = request.getHeaders().get(HttpHeader.ORIGIN);
    return origin != null && origins.contains(origin) ? origin : null;
  }

  /** Adds what lets the page read the answer. */
  void addHeaders(Request request, Exchange exchange) {
    String origin = origin(request);
    if (origin != null) {
      exchange.setHeader("Access-Control-Allow-Origin", origin);
      exchange.setHeader("Access-Control-Expose-Headers", EXPOSED);
      exchange.setHeader("Vary", "Origin");
    }
  }

  /** Answers a browser that asks whether the page may send a request, if it does. */
  boolean answer(Request request, Exchange exchange) throws ClientGoneException {
    String method = request.getHeaders().get("Access-Control-Request-Method");
    if (!request.getMethod().equals("OPTIONS") || method == null || origin(request) == null) {
      return false;
    }
    exchange.setHeader("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
    String headers = request.getHeaders().get("Access-Control-Request-Headers");
    if (headers != null && headers.matches(NAMES)) {
      exchange.setHeader("Access-Control-Allow-Headers", headers);
    }
    exchange.setHeader("Access-Control-Max-Age", "600");
    exchange.answer(204, "text/plain", new byte[0]);
    return true;
  }
}
