package ai.kolm.server;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * Where and how to serve.
 *
 * @param host the name or address to bind, default {@code 127.0.0.1}
 * @param port the port to bind, default 8765; 0: any that is free
 * @param allowedHosts host names, besides those of this machine's own addresses, under which
 *     clients may call: what {@code Host} and {@code Origin} may say
 * @param modelWait how long a request waits for models that are still loading, default 0
 * @param access who may call, default anybody on this machine
 * @param options how requests are read and told of
 * @param limits what clients may cost
 */
public record ServerConfig(
    String host,
    int port,
    List<String> allowedHosts,
    Duration modelWait,
    ServerAccess access,
    ServerOptions options,
    ServerLimits limits) {

  /** On this machine only, port 8765. */
  public static final ServerConfig DEFAULT =
      new ServerConfig(
          "127.0.0.1",
          8765,
          List.of(),
          Duration.ZERO,
          ServerAccess.OPEN,
          ServerOptions.DEFAULT,
          ServerLimits.DEFAULT);

  private static final int MAX_PORT = 65_535;

  /**
   * @throws IllegalArgumentException if the port is not one, or the wait is negative
   */
  public ServerConfig {
    Objects.requireNonNull(host);
    Objects.requireNonNull(access);
    Objects.requireNonNull(options);
    Objects.requireNonNull(limits);
    allowedHosts = List.copyOf(allowedHosts);
    if (port < 0 || port > MAX_PORT) {
      throw new IllegalArgumentException(
          "the port must be between 0 and %d, got %d".formatted(MAX_PORT, port));
    }
    if (modelWait.isNegative()) {
      throw new IllegalArgumentException("modelWait must not be negative, got " + modelWait);
    }
  }

  /** This configuration with another address. */
  public ServerConfig withAddress(String newHost, int newPort) {
    return new ServerConfig(newHost, newPort, allowedHosts, modelWait, access, options, limits);
  }

  /** This configuration with other limits. */
  public ServerConfig withLimits(ServerLimits newLimits) {
    return new ServerConfig(host, port, allowedHosts, modelWait, access, options, newLimits);
  }

  /** This configuration with other names that clients may use. */
  public ServerConfig withAllowedHosts(List<String> newAllowedHosts) {
    return new ServerConfig(host, port, newAllowedHosts, modelWait, access, options, limits);
  }

  /** This configuration with another time to wait for models. */
  public ServerConfig withModelWait(Duration newWait) {
    return new ServerConfig(host, port, allowedHosts, newWait, access, options, limits);
  }

  /** This configuration for other callers. */
  public ServerConfig withAccess(ServerAccess newAccess) {
    return new ServerConfig(host, port, allowedHosts, modelWait, newAccess, options, limits);
  }

  /** This configuration with other options. */
  public ServerConfig withOptions(ServerOptions newOptions) {
    return new ServerConfig(host, port, allowedHosts, modelWait, access, newOptions, limits);
  }
}
