package ai.kolm.tokenizer;

/**
 * Text to token ids and back. Immutable; safe for use by many threads.
 *
 * <pre>{@code
 * int[] ids = tokenizer.encode("Hello", SpecialTokens.LITERAL);
 * String text = tokenizer.decode(ids);
 * TokenDecoder stream = tokenizer.decoder();   // one per answer, one thread at a time
 * }</pre>
 */
public interface Tokenizer {

  /** What happens to the text of a special token, such as {@code <|im_end|>}, inside the input. */
  enum SpecialTokens {
    /** It becomes the special token: for template text and for trusted prompts. */
    PARSE,
    /** It is ordinary text: for everything a user wrote. */
    LITERAL
  }

  /**
   * The ids of {@code text}, without any token added in front or behind.
   *
   * <p>Time is linear in the length of the text (up to a logarithm in the length of one word).
   */
  int[] encode(String text, SpecialTokens special);

  /** The text of {@code ids}, special tokens included; ill-formed bytes show as U+FFFD. */
  String decode(int... ids);

  /** A decoder for one answer that arrives token by token. */
  TokenDecoder decoder();

  /** The tokens themselves. */
  Vocabulary vocabulary();
}
