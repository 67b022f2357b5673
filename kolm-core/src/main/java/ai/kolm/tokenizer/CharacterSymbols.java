package ai.kolm.tokenizer;

/**
 * Every character is a symbol. One without a token becomes the tokens of its bytes, where there are
 * such (byte fallback); else the unknown token, where there is one; else nothing.
 */
final class CharacterSymbols implements Symbols {
  private final ByteIndex characters;
  private final int[] bytes;
  private final int unknown;
  private final boolean fuseUnknown;

  /**
   * @param characters the tokens by their text; only those of one character are used
   * @param bytes the token of each byte, -1 for none; empty without byte fallback
   * @param unknown the token for what has no other; -1 for none
   * @param fuseUnknown whether a run of unknown characters is one token
   */
  CharacterSymbols(ByteIndex characters, int[] bytes, int unknown, boolean fuseUnknown) {
    this.characters = characters;
    this.bytes = bytes.clone();
    this.unknown = unknown;
    this.fuseUnknown = fuseUnknown;
  }

  @Override
  public int of(byte[] text, int from, int to, int[] ids) {
    int count = 0;
    boolean afterUnknown = false;
    for (int at = from; at < to; ) {
      int end = Utf8.next(text, at);
      int id = characters.find(text, at, end);
      if (id >= 0) {
        ids[count++] = id;
        afterUnknown = false;
      } else if (haveTokens(text, at, end)) {
        for (int i = at; i < end; i++) {
          ids[count++] = bytes[text[i] & 0xFF];
        }
        afterUnknown = false;
      } else if (unknown >= 0 && !(fuseUnknown && afterUnknown)) {
        ids[count++] = unknown;
        afterUnknown = true;
      }
      at = end;
    }
    return count;
  }

  private boolean haveTokens(byte[] text, int from, int to) {
    if (bytes.length == 0) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (bytes[text[i] & 0xFF] < 0) {
        return false;
      }
    }
    return true;
  }
}
