package ai.kolm.grammar.vocabulary;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Bytes that may stand in a JSON string as they are, in whole characters. */
final class SafeText {
  private SafeText() {}

  static boolean isSafe(byte[] bytes) {
    for (byte b : bytes) {
      if ((b >= 0 && b < 0x20) || b == '"' || b == '\\') {
        return false;
      }
    }
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
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
