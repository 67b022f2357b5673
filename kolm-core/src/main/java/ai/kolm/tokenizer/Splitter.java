package ai.kolm.tokenizer;

/**
 * Cuts text into words, the units that a {@link TokenModel} looks at on its own: no token crosses
 * the border of two words. Immutable; linear in the length of the text.
 *
 * <p>Published tokenizers state their rule as a regular expression or a chain of them. Each one
 * here is written out as a scanner over UTF-8, because a backtracking matcher takes a stack frame
 * or quadratic time for some texts.
 *
 * <p>Has no constants, as {@link Normalizer}.
 */
interface Splitter {

  /** Takes the words in order. */
  interface Words {
    /** The word {@code text[from, to)}, never empty. */
    void word(byte[] text, int from, int to);
  }

  /**
   * Hands the words of {@code text[from, to)}, which is well-formed and not empty, to {@code words}
   * in order.
   */
  void split(byte[] text, int from, int to, Words words);

  /** Cuts each word of this rule again by {@code next}. */
  default Splitter then(Splitter next) {
    return (text, from, to, words) ->
        split(text, from, to, (bytes, start, end) -> next.split(bytes, start, end, words));
  }
}
