package ai.kolm.upstream;

import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of a provider.
 *
 * @param method of HTTP
 * @param uri where
 * @param headers names and values; those that belong to a connection are left out by the caller
 * @param body its bytes, read once; {@code null} if there is none
 * @param length of the body; negative: not known, sent in chunks
 */
public record UpstreamRequest(
    String method,
    URI uri,
    List<Header> headers,
    @Nullable Supplier<InputStream> body,
    long length) {
  /** Copies the headers. */
  public UpstreamRequest {
    headers = List.copyOf(headers);
  }

  /** A line of a head. */
  public record Header(String name, String value) {}
}
