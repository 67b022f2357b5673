package ai.kolm.cli;

import java.util.logging.Level;
import java.util.logging.Logger;

/** What the libraries below log, in one line each, on the standard error. */
final class Logging {
  private static final String FORMAT = "java.util.logging.SimpleFormatter.format";

  /** The HTTP library tells of its start and its parts; held, because loggers are collected. */
  private static final Logger JETTY = Logger.getLogger("org.eclipse.jetty");

  private Logging() {}

  /** Only warnings; {@link #verbose} shows more. */
  static void quiet() {
    if (System.getProperty("java.util.logging.config.file") == null) {
      System.setProperty(FORMAT, "%1$tFT%1$tT %4$s %5$s%6$s%n");
      Logger.getLogger("").setLevel(Level.WARNING);
    }
  }

  /** What happens in normal operation, too. */
  static void verbose() {
    if (System.getProperty("java.util.logging.config.file") == null) {
      Logger.getLogger("").setLevel(Level.INFO);
      JETTY.setLevel(Level.WARNING);
    }
  }
}
