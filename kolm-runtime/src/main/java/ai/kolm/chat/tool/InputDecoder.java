package ai.kolm.chat.tool;

/**
 * Reads the text out of {@code {"input": "..."}}, the arguments of a custom tool, while they come
 * in pieces. For one call.
 */
final class InputDecoder {
  private enum Phase {
    KEY,
    COLON,
    TEXT,
    ESCAPE,
    HEX,
    END
  }

  private Phase phase = Phase.KEY;
  private int quotes;
  private int digits;
  private int code;

  /** The text that {@code json}, the next piece, adds. */
  String next(String json) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < json.length(); i++) {
      take(json.charAt(i), text);
    }
    return text.toString();
  }

  private void take(char c, StringBuilder text) {
    switch (phase) {
      case KEY -> {
        if (c == '"' && ++quotes == 2) {
          phase = Phase.COLON;
        }
      }
      case COLON -> phase = c == '"' ? Phase.TEXT : Phase.COLON;
      case TEXT -> {
        switch (c) {
          case '"' -> phase = Phase.END;
          case '\\' -> phase = Phase.ESCAPE;
          default -> text.append(c);
        }
      }
      case ESCAPE -> escape(c, text);
      case HEX -> {
        code = 16 * code + Character.digit(c, 16);
        if (++digits == 4) {
          text.append((char) code);
          phase = Phase.TEXT;
        }
      }
      case END -> {}
    }
  }

  private void escape(char c, StringBuilder text) {
    phase = Phase.TEXT;
    switch (c) {
      case 'n' -> text.append('\n');
      case 't' -> text.append('\t');
      case 'r' -> text.append('\r');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'u' -> {
        phase = Phase.HEX;
        digits = 0;
        code = 0;
      }
      default -> text.append(c);
    }
  }
}
