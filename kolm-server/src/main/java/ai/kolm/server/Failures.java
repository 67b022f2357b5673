package ai.kolm.server;

import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Tells the log what failed on our side: types and places in the code, never messages, which may
 * quote what a client sent.
 */
final class Failures {
  private static final System.Logger LOG = System.getLogger("ai.kolm.server");
  private static final int FRAMES = 12;

  private Failures() {}

  /** Logs a failure of an exchange, unless it is the client's. */
  static void log(Exchange exchange, Throwable failure) {
    if (ErrorMapper.isOurs(failure)) {
      LOG.log(
          System.Logger.Level.ERROR,
          () -> "request %s failed: %s".formatted(exchange.id(), describe(failure)));
    }
  }

  private static String describe(Throwable failure) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      text.append(text.isEmpty() ? "" : "; caused by ").append(cause.getClass().getName());
      text.append(
          Arrays.stream(cause.getStackTrace())
              .limit(FRAMES)
              .map(StackTraceElement::toString)
              .collect(Collectors.joining(" < ", " at ", "")));
    }
    return text.toString();
  }
}
