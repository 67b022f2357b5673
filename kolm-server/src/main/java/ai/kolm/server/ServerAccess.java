package ai.kolm.server;

import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Who may call, and how.
 *
 * @param keys one of them must come with each request, except {@code /healthz}: as {@code
 *     Authorization: Bearer KEY}, or as {@code x-kolm-key} with what is passed on to a provider
 * @param origins of web pages that may call and read answers, such as {@code https://app.example};
 *     default none
 * @param tls absent: plain HTTP
 */
public record ServerAccess(ApiKeys keys, List<String> origins, Optional<TlsIdentity> tls) {
  /** A scheme and a host, as browsers write them: IPv6 addresses in brackets and lower case. */
  private static final String ORIGIN =
      "https?://([A-Za-z0-9.-]{1,253}|\\[[0-9a-f:]{2,39}])(:[0-9]{1,5})?";

  /** Anybody who can connect, over plain HTTP. */
  public static final ServerAccess OPEN =
      new ServerAccess(ApiKeys.NONE, List.of(), Optional.empty());

  /**
   * @throws IllegalArgumentException if an origin is not a scheme and a host, perhaps with a port
   */
  public ServerAccess {
    Objects.requireNonNull(keys);
    Objects.requireNonNull(tls);
    origins = List.copyOf(origins);
    for (String origin : origins) {
      if (!origin.matches(ORIGIN)) {
        throw new IllegalArgumentException(
            "an origin is a scheme and a host, such as https://app.example, got " + origin);
      }
    }
  }

  /** The same with keys. */
  public ServerAccess withKeys(ApiKeys newKeys) {
    return new ServerAccess(newKeys, origins, tls);
  }

  /** The same for web pages of these origins. */
  public ServerAccess withOrigins(List<String> newOrigins) {
    return new ServerAccess(keys, newOrigins, tls);
  }

  /** The same over TLS. */
  public ServerAccess withTls(TlsIdentity newTls) {
    return new ServerAccess(keys, origins, Optional.of(newTls));
  }
}
