package ai.kolm.tokenizer;

/**
 * Turns one stream of tokens into text and releases only whole characters: bytes that may still
 * become a character are held back until the tokens that follow decide. For one thread at a time.
 */
public interface TokenDecoder {

  /** The text that this token completes; empty while a character is unfinished. */
  String next(int id);

  /** What was held back, at the end of the stream; ill-formed bytes show as U+FFFD. */
  String finish();

  /** A decoder in the same state that goes its own way. */
  TokenDecoder fork();
}
