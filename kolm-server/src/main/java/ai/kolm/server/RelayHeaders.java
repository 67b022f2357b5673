package ai.kolm.server;

import ai.kolm.upstream.UpstreamRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;

/**
 * Which headers go through a relay. Those that belong to one connection (RFC 9110, 7.6.1) and those
 * that are for kolm stay; all others go through as they are, keys included.
 */
final class RelayHeaders {
  private static final Set<String> CONNECTION =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-connection",
          "proxy-authenticate",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");
  private static final Set<String> OF_REQUESTS = Set.of("host", "content-length", "expect");
  private static final String OWN = "x-kolm-";
  private static final String ACCEPT_ENCODING = "accept-encoding";

  private RelayHeaders() {}

  /** What of a request's head goes to the provider. */
  static List<UpstreamRequest.Header> toProvider(HttpFields head) {
    Set<String> left = named(head.getValuesList("Connection"));
    List<UpstreamRequest.Header> headers = new ArrayList<>();
    for (HttpField field : head) {
      String name = field.getLowerCaseName();
      String value = field.getValue() == null ? "" : field.getValue();
      if (left.contains(name) || OF_REQUESTS.contains(name) || name.startsWith(OWN)) {
        continue;
      }
      boolean coding = name.equals(ACCEPT_ENCODING);
      headers.add(new UpstreamRequest.Header(field.getName(), coding ? readable(value) : value));
    }
    return headers;
  }

  /** Those of the accepted codings that a record can be made of; never one more. */
  private static String readable(String value) {
    List<String> kept = new ArrayList<>();
    for (String item : value.split(",", -1)) {
      String coding = item.split(";", -1)[0].strip().toLowerCase(Locale.ROOT);
      if (coding.equals("gzip") || coding.equals("identity")) {
        kept.add(item.strip());
      }
    }
    return kept.size() == value.split(",", -1).length
        ? value
        : kept.isEmpty() ? "identity" : String.join(", ", kept);
  }

  /** What of an answer's head goes to the client. */
  static HttpFields toClient(List<UpstreamRequest.Header> head) {
    Set<String> left =
        named(
            head.stream()
                .filter(header -> header.name().equalsIgnoreCase("connection"))
                .map(UpstreamRequest.Header::value)
                .toList());
    HttpFields.Mutable headers = HttpFields.build();
    for (UpstreamRequest.Header header : head) {
      String name = header.name().toLowerCase(Locale.ROOT);
      if (!left.contains(name) && !name.startsWith(OWN)) {
        headers.add(new HttpField(header.name(), header.value()));
      }
    }
    return headers;
  }

  private static Set<String> named(List<String> connection) {
    Set<String> names = new HashSet<>(CONNECTION);
    for (String value : connection) {
      for (String name : value.split(",", -1)) {
        names.add(name.strip().toLowerCase(Locale.ROOT));
      }
    }
    return names;
  }
}
