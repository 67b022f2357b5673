package ai.kolm.tokenizer;

/**
 * Every byte is a symbol. A byte without a token is left out before merging, as the reference does
 * (SmolLM2 lacks 21 of them).
 */
final class ByteSymbols implements Symbols {
  private final int[] tokens;

  /**
   * @param tokens the token of each byte; -1 for none
   */
  ByteSymbols(int[] tokens) {
    this.tokens = tokens.clone();
  }

  @Override
  public int of(byte[] text, int from, int to, int[] ids) {
    int count = 0;
    for (int at = from; at < to; at++) {
      int id = tokens[text[at] & 0xFF];
      if (id >= 0) {
        ids[count++] = id;
      }
    }
    return count;
  }
}
