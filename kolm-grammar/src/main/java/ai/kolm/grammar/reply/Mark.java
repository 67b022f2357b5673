package ai.kolm.grammar.reply;

import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.tokenizer.Vocabulary;
import ai.kolm.tokenizer.Vocabulary.Kind;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * The bytes of a mark, and a search for it in any text: the automaton of Knuth, Morris and Pratt
 * 1977. Bytes that stand for control tokens are in no text, so a text can only contain the mark's.
 */
final class Mark {
  private static final int CONTROL = 0xFF;

  private final byte[] bytes;
  private final int[] fallbacks;

  private Mark(byte[] bytes) {
    this.bytes = bytes;
    this.fallbacks = new int[bytes.length + 1];
    for (int length = 1, shorter = 0; length < bytes.length; length++) {
      shorter = extend(shorter, bytes[length] & 0xFF);
      fallbacks[length + 1] = shorter;
    }
  }

  /** The mark that {@code name} stands for: a control token of that name, else the text itself. */
  static Mark of(String name, Vocabulary vocabulary) {
    OptionalInt token = vocabulary.id(name);
    boolean control = token.isPresent() && vocabulary.kind(token.getAsInt()) == Kind.CONTROL;
    return new Mark(
        control ? TokenBytes.mark(token.getAsInt()) : name.getBytes(StandardCharsets.UTF_8));
  }

  /** What is to be read; not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return bytes.length;
  }

  boolean isEmpty() {
    return bytes.length == 0;
  }

  /** Whether it is a token, not a text. */
  boolean isControl() {
    return bytes.length > 0 && (bytes[0] & 0xFF) == CONTROL;
  }

  int at(int index) {
    return bytes[index] & 0xFF;
  }

  /**
   * How much of the mark the end of a text matches, one byte later; -1 if {@code value} cannot be
   * there.
   *
   * @param matched how much it was; less than all
   */
  int search(int matched, int value) {
    if (isControl()) {
      boolean inside = matched > 0 || value == CONTROL;
      return !inside ? 0 : at(matched) == value ? matched + 1 : -1;
    }
    return value == CONTROL ? -1 : extend(matched, value);
  }

  private int extend(int matched, int value) {
    int length = matched;
    while (length > 0 && (length == bytes.length || at(length) != value)) {
      length = fallbacks[length];
    }
    return !isEmpty() && at(length) == value ? length + 1 : 0;
  }
}
