package ai.kolm.anonymize;

import java.util.function.ToIntFunction;

/** What lists know of the words of one text, each looked up once. Immutable. */
final class KnownWords {
  private final byte[] bits;

  /**
   * @param lists what they know of a word in small letters: bits, of which there are few
   */
  KnownWords(Tokens tokens, ToIntFunction<String> lists) {
    bits = new byte[tokens.size()];
    for (int i = 0; i < bits.length; i++) {
      if (tokens.is(i, Tokens.Kind.WORD)) {
        bits[i] = (byte) lists.applyAsInt(tokens.lower(i));
      }
    }
  }

  /** What is known of a token; 0 outside the text. */
  int bits(int token) {
    return token >= 0 && token < bits.length ? bits[token] : 0;
  }
}
