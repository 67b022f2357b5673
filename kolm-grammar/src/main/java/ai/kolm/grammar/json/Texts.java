package ai.kolm.grammar.json;

import ai.kolm.grammar.automaton.LongMap;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Interned texts that are kept while they are read: linked bytes. */
final class Texts {
  /** Nothing is kept. */
  static final int NONE = 0;

  /** Something has been read that was not kept. */
  static final int FORGOTTEN = 1;

  /** Nothing has been read yet. */
  static final int EMPTY = 2;

  private int[] parents = new int[64];
  private byte[] bytes = new byte[64];
  private final LongMap ids = new LongMap();
  private int size = 3;

  int append(int text, int value) {
    long key = (long) text << 8 | value;
    int known = (int) ids.get(key, 0);
    if (known != 0) {
      return known;
    }
    if (size == parents.length) {
      parents = Arrays.copyOf(parents, 2 * size);
      bytes = Arrays.copyOf(bytes, 2 * size);
    }
    parents[size] = text;
    bytes[size] = (byte) value;
    ids.put(key, size);
    return size++;
  }

  String get(int text) {
    int length = 0;
    for (int i = text; i > EMPTY; i = parents[i]) {
      length++;
    }
    byte[] all = new byte[length];
    for (int i = text; i > EMPTY; i = parents[i]) {
      all[--length] = bytes[i];
    }
    return new String(all, StandardCharsets.UTF_8);
  }

  int size() {
    return size;
  }

  /** What the body of a JSON string means. */
  static String unescape(String body) {
    if (body.indexOf('\\') < 0) {
      return body;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < body.length(); i++) {
      char c = body.charAt(i);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      char escape = body.charAt(++i);
      switch (escape) {
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'u' -> {
          text.append((char) Integer.parseInt(body.substring(i + 1, i + 5), 16));
          i += 4;
        }
        default -> text.append(escape);
      }
    }
    return text.toString();
  }
}
