package ai.kolm.upstream;

import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What is asked of a provider.
 *
 * @param method of HTTP
 * @param uri where
 * @param headers names and values; those that belong to a connection are left out by the caller
 * @param body its bytes; empty if there is none
 */
public record UpstreamRequest(String method, URI uri, List<Header> headers, Optional<Body> body) {
  /** Copies the headers. */
  public UpstreamRequest {
    headers = List.copyOf(headers);
  }

  /** A line of a head. */
  public record Header(String name, String value) {}

  /** The bytes of a request. */
  public sealed interface Body {}

  /**
   * A body that is there.
   *
   * @param bytes not copied
   */
  public record Whole(byte[] bytes) implements Body {}

  /**
   * A body that is still to come.
   *
   * @param source read once
   * @param length positive; negative: not known, sent in chunks
   */
  public record Stream(Supplier<InputStream> source, long length) implements Body {}
}
