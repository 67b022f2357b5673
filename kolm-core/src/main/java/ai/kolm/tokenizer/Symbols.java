package ai.kolm.tokenizer;

/** What a word is made of before anything merges. Immutable. */
sealed interface Symbols permits ByteSymbols, CharacterSymbols {

  /**
   * Writes the ids of {@code text[from, to)} to the start of {@code ids}, which has room for one
   * per byte.
   *
   * @return how many
   */
  int of(byte[] text, int from, int to, int[] ids);
}
