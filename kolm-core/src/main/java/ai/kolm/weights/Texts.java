package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.charset.CharacterCodingException;
import java.util.List;

/**
 * Many strings as the bytes of their UTF-8, in one array: a vocabulary is read at every start, and
 * making a {@code String} of each of its names would take longer than all else that is done with
 * it. Immutable; the bytes are not to be changed.
 */
public final class Texts {
  private final byte[] bytes;
  private final int[] starts;
  private final int[] ends;

  private Texts(byte[] bytes, int[] starts, int[] ends) {
    this.bytes = bytes;
    this.starts = starts;
    this.ends = ends;
  }

  /** Those of a list. */
  public static Texts of(List<String> texts) {
    byte[][] encoded = texts.stream().map(text -> text.getBytes(UTF_8)).toArray(byte[][]::new);
    int[] starts = new int[encoded.length];
    int[] ends = new int[encoded.length];
    int size = 0;
    for (int i = 0; i < encoded.length; i++) {
      starts[i] = size;
      size = Math.addExact(size, encoded[i].length);
      ends[i] = size;
    }
    byte[] bytes = new byte[size];
    for (int i = 0; i < encoded.length; i++) {
      System.arraycopy(encoded[i], 0, bytes, starts[i], encoded[i].length);
    }
    return new Texts(bytes, starts, ends);
  }

  /**
   * Those of an array in a GGUF file, whose lengths have been checked.
   *
   * @param items the array's items: each its length as 64 bits, then its bytes
   * @throws CharacterCodingException if one is not UTF-8
   */
  static Texts ofItems(byte[] items, int count) throws CharacterCodingException {
    int[] starts = new int[count];
    int[] ends = new int[count];
    int at = 0;
    for (int i = 0; i < count; i++) {
      // Checked lengths fit the lower 32 bits.
      int size =
          (items[at] & 0xFF)
              | (items[at + 1] & 0xFF) << 8
              | (items[at + 2] & 0xFF) << 16
              | (items[at + 3] & 0xFF) << 24;
      starts[i] = at + Long.BYTES;
      at = starts[i] + size;
      ends[i] = at;
      checkUtf8(items, starts[i], at);
    }
    return new Texts(items, starts, ends);
  }

  /** How many there are. */
  public int size() {
    return starts.length;
  }

  /** The bytes of all: those of text {@code i} from {@link #start} to {@link #end}. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where text {@code i} starts. */
  public int start(int i) {
    return starts[i];
  }

  /** Where text {@code i} ends. */
  public int end(int i) {
    return ends[i];
  }

  /** Text {@code i}. */
  public String get(int i) {
    return new String(bytes, starts[i], ends[i] - starts[i], UTF_8);
  }

  /** Table 3-7 of the Unicode standard, for those of up to three bytes; the JDK knows the rest. */
  private static void checkUtf8(byte[] text, int from, int to) throws CharacterCodingException {
    int at = from;
    while (at < to) {
      int lead = text[at];
      if (lead >= 0) {
        at++;
      } else if (lead >= (byte) 0xC2 && lead < (byte) 0xE0 && continues(text, at + 1, to)) {
        at += 2;
      } else if (lead > (byte) 0xE0
          && lead < (byte) 0xF0
          && lead != (byte) 0xED
          && continues(text, at + 1, to)
          && continues(text, at + 2, to)) {
        at += 3;
      } else {
        GgufValue.decode(text, at, to - at);
        return;
      }
    }
  }

  private static boolean continues(byte[] text, int at, int to) {
    return at < to && text[at] < (byte) 0xC0;
  }
}
