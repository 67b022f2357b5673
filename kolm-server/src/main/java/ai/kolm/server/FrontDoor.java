package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.HostPort;

/**
 * Checks every request before it reaches a route: what Jetty lets pass of what RFC 9112 forbids,
 * the limits on single lines, and from where it was sent.
 *
 * <p>A web page that a user of this machine happens to visit can send requests to a local server,
 * and by DNS rebinding can even read the answers. Such requests carry the name of the page's own
 * host in {@code Host} or {@code Origin}. So both must name this machine: an address of it, or a
 * name that was allowed. Programs send no {@code Origin} at all.
 */
final class FrontDoor {
  /** What may be asked without a key: whether the process lives. */
  private static final String HEALTH = "/healthz";

  /** What is passed on to a provider carries the provider's key where others carry ours. */
  private static final String RELAYED = "/v1/capture/";

  private static final String RELAY_KEY = "x-kolm-key";

  private static final String LOCALHOST = "localhost";

  /** To bind these means every address; nobody is called so. */
  private static final Set<String> WILDCARDS = Set.of("0.0.0.0", "::", "[::]");

  private final ServerLimits limits;
  private final Set<String> allowedHosts;
  private final ServerAccess access;

  FrontDoor(ServerConfig config) {
    this.limits = config.limits();
    this.access = config.access();
    this.allowedHosts =
        Stream.concat(Stream.of(config.host()), config.allowedHosts().stream())
            .map(host -> host.toLowerCase(Locale.ROOT))
            .filter(host -> !WILDCARDS.contains(host))
            .collect(Collectors.toUnmodifiableSet());
  }

  void check(Request request) throws RefusedException {
    checkSizes(request);
    checkFraming(request);
    checkOrigin(request);
  }

  /**
   * Checks the key, of which {@link #check} knows nothing: a browser that asks whether it may send
   * one has none yet. Missing and wrong keys are told the same.
   */
  void checkKey(Request request) throws RefusedException {
    String path = request.getHttpURI().getPath();
    if (!access.keys().areWanted() || path.equals(HEALTH)) {
      return;
    }
    HttpFields headers = request.getHeaders();
    boolean relayed = path.startsWith(RELAYED);
    boolean allowed =
        relayed
            ? access.keys().allowKey(headers.get(RELAY_KEY))
            : access.keys().allow(headers.get(HttpHeader.AUTHORIZATION));
    if (!allowed) {
      throw new RefusedException(
          Reason.NO_KEY,
          "No valid API key was provided. Send one as: %s."
              .formatted(relayed ? RELAY_KEY + ": KEY" : "Authorization: Bearer KEY"));
    }
  }

  private void checkSizes(Request request) throws RefusedException {
    if (request.getHttpURI().asString().length() > limits.targetBytes()) {
      throw new RefusedException(
          Reason.TARGET_TOO_LONG,
          "The request target has more than %d bytes.".formatted(limits.targetBytes()));
    }
    if (request.getHeaders().size() > limits.headers()) {
      throw new RefusedException(
          Reason.HEAD_TOO_LARGE,
          "The request has %d header lines, at most %d are allowed."
              .formatted(request.getHeaders().size(), limits.headers()));
    }
    for (HttpField field : request.getHeaders()) {
      if (lineLength(field) > limits.headerBytes()) {
        throw new RefusedException(
            Reason.HEAD_TOO_LARGE,
            "A header line has more than %d bytes.".formatted(limits.headerBytes()));
      }
    }
  }

  /** The length of a header line without its end. */
  static int lineLength(HttpField field) {
    String value = field.getValue();
    return field.getName().length() + ": ".length() + (value == null ? 0 : value.length());
  }

  private static void checkFraming(Request request) throws RefusedException {
    List<String> codings = request.getHeaders().getValuesList(HttpHeader.TRANSFER_ENCODING);
    HttpVersion version = request.getConnectionMetaData().getHttpVersion();
    boolean chunked = codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked");
    if (!codings.isEmpty() && (!chunked || version != HttpVersion.HTTP_1_1)) {
      throw new RefusedException(
          Reason.MALFORMED, "The only Transfer-Encoding known is chunked, in HTTP/1.1.");
    }
    if (request.getMethod().equals("CONNECT")) {
      throw new RefusedException(
          Reason.METHOD, "This server is not a proxy.", List.of("GET", "HEAD", "POST"));
    }
  }

  private void checkOrigin(Request request) throws RefusedException {
    HttpFields headers = request.getHeaders();
    String host = headers.get(HttpHeader.HOST);
    if (host == null) {
      throw new RefusedException(Reason.MALFORMED, "The request has no Host header.");
    }
    InetAddress local = localAddress(request);
    if (!isAllowed(hostOf(host), local)) {
      throw new RefusedException(
          Reason.HOST_NOT_ALLOWED,
          "The Host header names another host than this server; to call it by that name, allow it"
              + " in the server's settings.");
    }
    for (String origin : headers.getValuesList(HttpHeader.ORIGIN)) {
      if (!access.origins().contains(origin) && !isAllowedOrigin(origin, local)) {
        throw new RefusedException(
            Reason.ORIGIN_NOT_ALLOWED, "Web pages of other hosts may not call this server.");
      }
    }
  }

  private static InetAddress localAddress(Request request) {
    return request.getConnectionMetaData().getLocalSocketAddress() instanceof InetSocketAddress a
        ? a.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  private static String hostOf(String header) throws RefusedException {
    try {
      return new HostPort(header).getHost();
    } catch (IllegalArgumentException e) {
      throw new RefusedException(Reason.MALFORMED, "The Host header is not a host and a port.");
    }
  }

  private boolean isAllowedOrigin(String origin, InetAddress local) {
    try {
      URI uri = new URI(origin);
      boolean plain = uri.getRawUserInfo() == null && uri.getRawPath().isEmpty();
      String host = uri.getHost();
      return host != null && plain && isAllowed(host, local);
    } catch (URISyntaxException e) {
      return false;
    }
  }

  private boolean isAllowed(String host, InetAddress local) {
    String name = host.toLowerCase(Locale.ROOT);
    if (allowedHosts.contains(name)) {
      return true;
    }
    if (name.equals(LOCALHOST)) {
      return local.isLoopbackAddress();
    }
    try {
      // An address is compared, a name never resolved: it would be the attacker who answers.
      InetAddress address = InetAddress.ofLiteral(name);
      return address.equals(local) || (address.isLoopbackAddress() && local.isLoopbackAddress());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
