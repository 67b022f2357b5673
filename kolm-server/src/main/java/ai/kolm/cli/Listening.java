package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ServerConfig;
import java.io.IOException;
import java.net.BindException;

/** What commands that listen on a port have in common. */
final class Listening {
  private Listening() {}

  /**
   * Starts the server.
   *
   * @return the port it listens on
   */
  static int start(KolmServer server, ServerConfig config) throws IOException {
    try {
      server.start();
      return server.port();
    } catch (BindException e) {
      throw new CommandException(
          ExitCode.PREREQUISITE,
          "cannot listen on %s:%d: the port is in use, or the address is not one of this machine;"
                  .formatted(config.host(), config.port())
              + " choose another with --port or --host",
          e);
    }
  }

  /** Where clients find the server, without a slash at the end. */
  static String address(ServerConfig config, int boundPort) {
    String scheme = config.access().tls().isPresent() ? "https" : "http";
    String host = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
    return "%s://%s:%d".formatted(scheme, host, boundPort);
  }
}
