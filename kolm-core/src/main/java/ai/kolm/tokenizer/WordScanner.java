package ai.kolm.tokenizer;

/** A splitter that finds the end of one word after the other. */
@FunctionalInterface
interface WordScanner extends Splitter {

  /**
   * The end of the word that starts at {@code from}; more than {@code from}, at most {@code to}.
   */
  int end(byte[] text, int from, int to);

  @Override
  default void split(byte[] text, int from, int to, Words words) {
    for (int at = from; at < to; ) {
      int end = end(text, at, to);
      words.word(text, at, end);
      at = end;
    }
  }
}
