package ai.kolm.grammar;

/**
 * Rewrites keyword arguments of a Python call, {@code city='Oslo', days=[1, 2], metric=True)}, into
 * the members of a JSON object, {@code "city":"Oslo","days":[1, 2],"metric":true}}, character by
 * character: so the grammar of the one is that of the other, and what the model wrote can be passed
 * on as JSON while it is written. It begins behind the opening parenthesis and the brace.
 *
 * <p>Values are literals of Python: numbers, {@code True}, {@code False}, {@code None}, lists,
 * dictionaries, and strings in either quote, whose escapes are those of JSON and {@code \'}. A key
 * may have any characters; those that would end it are written as escapes of JSON, for example for
 * the equals sign, so that every JSON object can be written.
 *
 * <p>The place is an int, so that it can be remembered; nothing here has state.
 */
public final class PythonArguments {
  /** Where what is written goes. */
  @FunctionalInterface
  public interface Output {
    /** Takes one more character, or byte of UTF-8, of the JSON. */
    void put(int value);
  }

  /** Behind the opening parenthesis. */
  public static final int START = 0;

  /** Behind the closing one. */
  public static final int END = 1;

  /** The character may not come here. */
  public static final int REFUSED = -1;

  private static final int NEXT = 2;
  private static final int NEXT_BLANK = 3;
  private static final int KEY = 4;
  private static final int KEY_ESCAPE = 5;
  private static final int VALUE = 6;

  /** Within True or False. */
  private static final int WORD = 7;

  /** Within None. */
  private static final int NONE_1 = 8;

  private static final int NONE_2 = 9;
  private static final int NONE_3 = 10;
  private static final int DOUBLE = 11;
  private static final int DOUBLE_ESCAPE = 12;
  private static final int SINGLE = 13;
  private static final int SINGLE_ESCAPE = 14;

  private static final int MODE = 15;
  private static final int DEPTH = 16;
  private static final int MAX_DEPTH = 1_000;

  private PythonArguments() {}

  /** Whether a string in double quotes is open: then the text up to its end is that of JSON. */
  public static boolean isJsonString(int place) {
    return (place & MODE) == DOUBLE;
  }

  /** The place behind the quote that ends the string at {@code place}. */
  public static int closed(int place) {
    return (place & ~MODE) | VALUE;
  }

  /**
   * The place behind {@code c}, {@link #REFUSED} if there is none.
   *
   * @param place {@link #START}, or what this returned before
   * @param c a character, or a byte of UTF-8
   */
  public static int next(int place, int c, Output json) {
    int depth = place & ~MODE;
    return switch (place & MODE) {
      case START -> c == ')' ? end(json) : firstOfKey(c, json);
      case NEXT -> c == ' ' ? NEXT_BLANK : c == ')' ? REFUSED : firstOfKey(c, json);
      case NEXT_BLANK -> c == ')' ? REFUSED : firstOfKey(c, json);
      case KEY -> key(c, json);
      case KEY_ESCAPE -> put(json, c, KEY);
      case VALUE -> value(depth, c, json);
      case WORD -> c >= 'a' && c <= 'z' ? put(json, c, place) : value(depth, c, json);
      case NONE_1 -> c == 'o' ? put(json, 'u', depth | NONE_2) : REFUSED;
      case NONE_2 -> c == 'n' ? put(json, 'l', depth | NONE_3) : REFUSED;
      case NONE_3 -> c == 'e' ? put(json, 'l', depth | VALUE) : REFUSED;
      case DOUBLE -> put(json, c, depth | (c == '"' ? VALUE : c == '\\' ? DOUBLE_ESCAPE : DOUBLE));
      case DOUBLE_ESCAPE -> put(json, c, depth | DOUBLE);
      case SINGLE -> single(depth, c, json);
      case SINGLE_ESCAPE -> escaped(depth, c, json);
      default -> REFUSED;
    };
  }

  private static int put(Output json, int c, int next) {
    json.put(c);
    return next;
  }

  private static int end(Output json) {
    return put(json, '}', END);
  }

  private static int firstOfKey(int c, Output json) {
    if (c == ' ') {
      return REFUSED;
    }
    json.put('"');
    return key(c, json);
  }

  private static int key(int c, Output json) {
    return switch (c) {
      case '=' -> {
        json.put('"');
        json.put(':');
        yield VALUE;
      }
      case '"' -> REFUSED;
      case '\\' -> put(json, c, KEY_ESCAPE);
      default -> put(json, c, KEY);
    };
  }

  private static int value(int depth, int c, Output json) {
    return switch (c) {
      case '"' -> put(json, c, depth | DOUBLE);
      case '\'' -> put(json, '"', depth | SINGLE);
      case 'T' -> put(json, 't', depth | WORD);
      case 'F' -> put(json, 'f', depth | WORD);
      case 'N' -> put(json, 'n', depth | NONE_1);
      case '[', '{' -> depth >= MAX_DEPTH * DEPTH ? REFUSED : put(json, c, (depth + DEPTH) | VALUE);
      case ']', '}' -> depth == 0 ? REFUSED : put(json, c, (depth - DEPTH) | VALUE);
      case ' ', '\n', ':' -> depth == 0 ? REFUSED : put(json, c, depth | VALUE);
      case ',' -> put(json, c, depth == 0 ? NEXT : depth | VALUE);
      case ')' -> depth == 0 ? end(json) : REFUSED;
      case '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '-', '+', '.', 'e', 'E' ->
          put(json, c, depth | VALUE);
      default -> REFUSED;
    };
  }

  private static int single(int depth, int c, Output json) {
    return switch (c) {
      case '\'' -> put(json, '"', depth | VALUE);
      case '"' -> {
        json.put('\\');
        yield put(json, c, depth | SINGLE);
      }
      case '\\' -> put(json, c, depth | SINGLE_ESCAPE);
      default -> put(json, c, depth | SINGLE);
    };
  }

  /** The backslash is written already, so a single quote becomes the rest of its JSON escape. */
  private static int escaped(int depth, int c, Output json) {
    if (c != '\'') {
      return put(json, c, depth | SINGLE);
    }
    for (char part : new char[] {'u', '0', '0', '2', '7'}) {
      json.put(part);
    }
    return depth | SINGLE;
  }
}
