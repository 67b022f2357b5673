package ai.kolm.chat.tool;

/** Finds the end of a string, object or array of well-formed JSON, character by character. */
final class JsonScanner {
  private int depth;
  private boolean inString;
  private boolean escaped;
  private boolean started;

  /** Begins before a value. */
  void start() {
    depth = 0;
    inString = false;
    escaped = false;
    started = false;
  }

  boolean hasStarted() {
    return started;
  }

  /** Whether the value has ended. */
  boolean isComplete() {
    return started && depth == 0 && !inString;
  }

  void next(char c) {
    started = true;
    if (escaped) {
      escaped = false;
    } else if (inString) {
      escaped = c == '\\';
      inString = c != '"';
    } else {
      switch (c) {
        case '"' -> inString = true;
        case '{', '[' -> depth++;
        case '}', ']' -> depth--;
        default -> {}
      }
    }
  }
}
