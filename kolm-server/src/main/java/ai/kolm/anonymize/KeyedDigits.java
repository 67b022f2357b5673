package ai.kolm.anonymize;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Numbers that only the key and a value decide: HMAC in counter mode. For one thread. */
final class KeyedDigits {
  private final PseudonymKey key;
  private final String seed;
  private byte[] block = new byte[0];
  private int at;
  private int counter;

  KeyedDigits(PseudonymKey key, String seed) {
    this.key = key;
    this.seed = seed;
  }

  /** The next number from 0 to {@code bound}, exclusive; {@code bound} is at most 2^20. */
  int next(int bound) {
    if (at + 4 > block.length) {
      block = key.mac((seed + '\0' + counter).getBytes(UTF_8));
      counter++;
      at = 0;
    }
    int value =
        ((block[at] & 0x7f) << 24)
            | ((block[at + 1] & 0xff) << 16)
            | ((block[at + 2] & 0xff) << 8)
            | (block[at + 3] & 0xff);
    at += 4;
    return value % bound;
  }

  char digit() {
    return (char) ('0' + next(10));
  }

  char letter(char from) {
    return (char) (from + next(26));
  }

  /** {@code text} with other digits and letters: same kinds, same case, same marks between. */
  String sameShape(String text) {
    StringBuilder shape = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isDigit(c)) {
        boolean leading = i == 0 || !Character.isLetterOrDigit(text.charAt(i - 1));
        shape.append(leading && Character.digit(c, 10) > 0 ? (char) ('1' + next(9)) : digit());
      } else if (Character.isUpperCase(c)) {
        shape.append(letter('A'));
      } else if (Character.isLetter(c)) {
        shape.append(letter('a'));
      } else {
        shape.append(c);
      }
    }
    return shape.toString();
  }

  /** {@code text} with the digits of {@code digits} in place of its own, in order. */
  static String withDigits(String text, String digits) {
    StringBuilder result = new StringBuilder(text.length());
    int next = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      result.append(Character.isDigit(c) && next < digits.length() ? digits.charAt(next++) : c);
    }
    return result.toString();
  }
}
