package ai.kolm.grammar.vocabulary;

/** Bytes that may stand in a JSON string as they are, in whole characters. */
final class SafeText {
  private SafeText() {}

  static boolean isSafe(byte[] bytes) {
    for (byte b : bytes) {
      if ((b >= 0 && b < 0x20) || b == '"' || b == '\\') {
        return false;
      }
    }
    for (int at = 0; at < bytes.length; ) {
      int length = characterLength(bytes, at);
      if (length == 0) {
        return false;
      }
      at += length;
    }
    return true;
  }

  /** The bytes of the character at {@code at} (RFC 3629, section 4); 0 if it is ill-formed. */
  private static int characterLength(byte[] bytes, int at) {
    int lead = bytes[at] & 0xFF;
    if (lead < 0x80) {
      return 1;
    }
    int length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || at + length > bytes.length) {
      return 0;
    }
    int codePoint = lead & (0xFF >> (length + 1));
    for (int i = 1; i < length; i++) {
      if ((bytes[at + i] & 0xC0) != 0x80) {
        return 0;
      }
      codePoint = codePoint << 6 | (bytes[at + i] & 0x3F);
    }
    boolean overlong = length == 3 ? codePoint < 0x800 : length == 4 && codePoint < 0x10000;
    boolean surrogate = codePoint >= 0xD800 && codePoint <= 0xDFFF;
    return overlong || surrogate || codePoint > 0x10FFFF ? 0 : length;
  }

  /** The number of characters of well-formed UTF-8. */
  static int length(byte[] bytes) {
    int length = 0;
    for (byte b : bytes) {
      length += (b & 0xC0) != 0x80 ? 1 : 0;
    }
    return length;
  }
}
