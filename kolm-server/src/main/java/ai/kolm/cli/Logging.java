package ai.kolm.cli;

import java.util.logging.Level;
import java.util.logging.Logger;

/** The log of a command: a line each, on the standard error. */
final class Logging {
  private static final String CONFIGURED = "java.util.logging.config.file";
  private static final String FORMAT = "java.util.logging.SimpleFormatter.format";

  /** Held, because the log manager holds loggers weakly and their levels are lost with them. */
  private static final Logger KOLM = Logger.getLogger("ai.kolm");

  private Logging() {}

  /** Only warnings, unless the user has configured logging. */
  static void quiet() {
    if (System.getProperty(CONFIGURED) == null) {
      System.setProperty(FORMAT, "%1$tFT%1$tT %4$s %5$s%6$s%n");
      Logger.getLogger("").setLevel(Level.WARNING);
    }
  }

  /** What kolm does in normal operation, too; not what the libraries below it do. */
  static void verbose() {
    if (System.getProperty(CONFIGURED) == null) {
      KOLM.setLevel(Level.INFO);
    }
  }
}
