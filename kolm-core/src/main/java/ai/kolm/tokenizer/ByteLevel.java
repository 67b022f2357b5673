package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * How byte-level vocabularies write bytes as characters: printable Latin-1 characters stand for
 * themselves, the other 68 bytes, in order, for U+0100 and what follows it. A space is {@code Ġ}.
 */
final class ByteLevel {
  static final int NONE = -1;
  private static final char[] CHARACTERS = new char[256];
  private static final int[] BYTES = new int[256 + 68];

  static {
    Arrays.fill(BYTES, NONE);
    char next = 256;
    for (int b = 0; b < 256; b++) {
      boolean itself = (b >= '!' && b <= '~') || (b >= 0xA1 && b != 0xAD);
      CHARACTERS[b] = itself ? (char) b : next++;
      BYTES[CHARACTERS[b]] = b;
    }
  }

  private ByteLevel() {}

  /** The name of the token of one byte. */
  static String name(int value) {
    return String.valueOf(CHARACTERS[value]);
  }

  /** The bytes of a token; a name with any other character in it, as added tokens have, is text. */
  static byte[] bytes(String name) {
    byte[] text = name.getBytes(UTF_8);
    byte[] bytes = new byte[text.length];
    int end = decode(text, 0, text.length, bytes, 0);
    return end == NONE ? text : Arrays.copyOf(bytes, end);
  }

  /**
   * Writes the bytes of a token to {@code target} from {@code at} on, which has room for as many as
   * the name has.
   *
   * @param name has the name in well-formed UTF-8, in {@code [from, to)}
   * @return where they end; {@link #NONE} for a name with any other character in it
   */
  static int decode(byte[] name, int from, int to, byte[] target, int at) {
    int end = at;
    for (int i = from; i < to; i++) {
      int c = name[i];
      if (c < 0) {
        if (c >= (byte) 0xE0) {
          return NONE;
        }
        c = (c & 0x1F) << 6 | (name[++i] & 0x3F);
      }
      if (c >= BYTES.length || BYTES[c] == NONE) {
        return NONE;
      }
      target[end++] = (byte) BYTES[c];
    }
    return end;
  }
}
