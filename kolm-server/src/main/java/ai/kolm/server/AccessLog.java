package ai.kolm.server;

import ai.kolm.chat.Usage;
import java.util.Locale;

/**
 * One line for each request: who asked for what and what came of it, but nothing of what was said.
 * What comes from the client is escaped, so that it stays in its line.
 */
final class AccessLog {
  private static final System.Logger LOG = System.getLogger("ai.kolm.server.access");
  private static final int MAX_LENGTH = 128;

  private final boolean json;

  /**
   * @param json whether lines are JSON objects
   */
  AccessLog(boolean json) {
    this.json = json;
  }

  /**
   * Logs a request.
   *
   * @param gone whether the client left before it had the answer
   */
  void log(Exchange exchange, boolean gone) {
    LOG.log(System.Logger.Level.INFO, () -> json ? object(exchange, gone) : line(exchange, gone));
  }

  /** Logs what was not a request. */
  void logMalformed(String id, int status) {
    LOG.log(
        System.Logger.Level.INFO,
        () ->
            json
                ? "{\"request\":\"%s\",\"status\":%d,\"malformed\":true}".formatted(id, status)
                : "%s - - %d malformed".formatted(id, status));
  }

  private static String line(Exchange exchange, boolean gone) {
    StringBuilder line = new StringBuilder();
    line.append(exchange.id()).append(' ').append(escaped(exchange.method()));
    line.append(' ').append(escaped(exchange.path())).append(' ').append(exchange.status());
    line.append(' ').append(exchange.elapsed().toMillis()).append("ms");
    String model = exchange.model();
    if (model != null) {
      line.append(" model=").append(escaped(model));
    }
    Usage usage = exchange.usage();
    if (usage != null) {
      line.append(" prompt_tokens=").append(usage.promptTokens());
      line.append(" completion_tokens=").append(usage.completionTokens());
    }
    return line.append(gone ? " client-gone" : "").toString();
  }

  /** The same as members of an object; escaped texts need no further escapes in JSON. */
  private static String object(Exchange exchange, boolean gone) {
    StringBuilder line = new StringBuilder("{");
    line.append("\"request\":\"").append(exchange.id()).append('"');
    line.append(",\"method\":\"").append(escaped(exchange.method())).append('"');
    line.append(",\"path\":\"").append(escaped(exchange.path())).append('"');
    line.append(",\"status\":").append(exchange.status());
    line.append(",\"ms\":").append(exchange.elapsed().toMillis());
    String model = exchange.model();
    if (model != null) {
      line.append(",\"model\":\"").append(escaped(model)).append('"');
    }
    Usage usage = exchange.usage();
    if (usage != null) {
      line.append(",\"prompt_tokens\":").append(usage.promptTokens());
      line.append(",\"cached_tokens\":").append(usage.cachedTokens());
      line.append(",\"completion_tokens\":").append(usage.completionTokens());
    }
    return line.append(gone ? ",\"client_gone\":true}" : "}").toString();
  }

  /** Printable ASCII without spaces, quotes and backslashes; the rest as escapes. */
  static String escaped(String text) {
    StringBuilder safe = new StringBuilder();
    for (int i = 0; i < Math.min(text.length(), MAX_LENGTH); i++) {
      char c = text.charAt(i);
      if (c > ' ' && c < 0x7f && c != '"' && c != '\\') {
        safe.append(c);
      } else {
        safe.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
    return safe.append(text.length() > MAX_LENGTH ? "..." : "").toString();
  }
}
