package ai.kolm.tokenizer;

/** Turns one word into tokens. Immutable; safe for use by many threads. */
sealed interface TokenModel permits BytePairEncoding, Unigram, WordPiece {

  /** Appends the tokens of the word {@code text[from, to)}: well-formed, not empty. */
  void encode(byte[] text, int from, int to, IdBuffer out);
}
