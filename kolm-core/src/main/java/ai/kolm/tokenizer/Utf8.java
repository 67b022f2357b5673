package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * UTF-8 as the Unicode standard (chapter 3.9) has it. Tokenizers work on bytes from end to end: the
 * vocabularies are made of bytes, and text is decoded only where a rule asks for code points.
 */
final class Utf8 {
  private static final byte[] REPLACEMENT = "\uFFFD".getBytes(UTF_8);

  private Utf8() {}

  /** The code point that starts at {@code at} in well-formed text. */
  static int codePoint(byte[] text, int at) {
    int lead = text[at];
    if (lead >= 0) {
      return lead;
    }
    if (lead < (byte) 0xE0) {
      return (lead & 0x1F) << 6 | (text[at + 1] & 0x3F);
    }
    if (lead < (byte) 0xF0) {
      return (lead & 0x0F) << 12 | (text[at + 1] & 0x3F) << 6 | (text[at + 2] & 0x3F);
    }
    return (lead & 0x07) << 18
        | (text[at + 1] & 0x3F) << 12
        | (text[at + 2] & 0x3F) << 6
        | (text[at + 3] & 0x3F);
  }

  /** Where the code point after the one at {@code at} starts, in well-formed text. */
  static int next(byte[] text, int at) {
    int lead = text[at];
    if (lead >= 0) {
      return at + 1;
    }
    return at + (lead < (byte) 0xE0 ? 2 : lead < (byte) 0xF0 ? 3 : 4);
  }

  /** Where the code point that ends before {@code at} starts, in well-formed text. */
  static int previous(byte[] text, int at) {
    int start = at - 1;
    while ((text[start] & 0xC0) == 0x80) {
      start--;
    }
    return start;
  }

  /**
   * Text of any bytes.
   *
   * @param perByte whether each byte of an ill-formed sequence becomes a U+FFFD, or each maximal
   *     part of one
   */
  static String decode(byte[] bytes, int from, int to, boolean perByte) {
    String text = new String(bytes, from, to - from, UTF_8);
    // The JDK counts some ill-formed sequences differently, so it is believed only without them.
    return text.indexOf('\uFFFD') < 0 ? text : decodeSlowly(bytes, from, to, perByte);
  }

  private static String decodeSlowly(byte[] bytes, int from, int to, boolean perByte) {
    ByteBuilder wellFormed = new ByteBuilder(to - from + 2);
    for (int at = from; at < to; ) {
      int length = sequence(bytes, at, to);
      if (length > 0) {
        wellFormed.append(bytes, at, at + length);
      } else {
        replace(wellFormed, perByte ? -length : 1);
      }
      at += Math.abs(length);
    }
    return wellFormed.text();
  }

  /** Appends {@code count} times U+FFFD. */
  static void replace(ByteBuilder text, int count) {
    for (int i = 0; i < count; i++) {
      text.append(REPLACEMENT);
    }
  }

  /** How many bytes at the end may become a character with the bytes that follow: 0 to 3. */
  static int unfinished(byte[] bytes, int from, int to) {
    for (int at = to - 1; at >= Math.max(from, to - 3); at--) {
      if ((bytes[at] & 0xC0) != 0x80) {
        int length = sequence(bytes, at, to);
        boolean lead = (byte) 0xC2 <= bytes[at] && bytes[at] <= (byte) 0xF4;
        return lead && length < 0 && at - length == to ? -length : 0;
      }
    }
    return 0;
  }

  /** Whether all of it is well-formed. */
  static boolean wellFormed(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to) {
      int length = sequence(bytes, at, to);
      if (length < 0) {
        return false;
      }
      at += length;
    }
    return true;
  }

  /**
   * The length of the character at {@code at}; if ill-formed, minus the length of the longest part
   * that could have begun one, at least 1.
   */
  private static int sequence(byte[] bytes, int at, int to) {
    int lead = bytes[at] & 0xFF;
    if (lead < 0x80) {
      return 1;
    }
    int following = lead < 0xC2 || lead > 0xF4 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    if (following == 0) {
      return -1;
    }
    for (int i = 1; i <= following; i++) {
      if (at + i >= to || !continues(lead, i, bytes[at + i] & 0xFF)) {
        return -i;
      }
    }
    return following + 1;
  }

  /** Table 3-7 of the standard: the second byte of some characters has a narrower range. */
  private static boolean continues(int lead, int index, int value) {
    int low = 0x80;
    int high = 0xBF;
    if (index == 1) {
      switch (lead) {
        case 0xE0 -> low = 0xA0;
        case 0xED -> high = 0x9F;
        case 0xF0 -> low = 0x90;
        case 0xF4 -> high = 0x8F;
        default -> {}
      }
    }
    return low <= value && value <= high;
  }
}
