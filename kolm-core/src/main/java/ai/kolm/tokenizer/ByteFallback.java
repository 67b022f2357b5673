package ai.kolm.tokenizer;

import ai.kolm.tokenizer.Vocabulary.Kind;
import java.util.Arrays;

/** Tokens that are one byte, for characters without a token: {@code <0x00>} to {@code <0xFF>}. */
final class ByteFallback {
  private static final int LENGTH = "<0x00>".length();

  private ByteFallback() {}

  /** The byte that a name stands for; -1 if it is no such name. */
  static int value(String name) {
    if (name.length() != LENGTH || !name.startsWith("<0x") || name.charAt(LENGTH - 1) != '>') {
      return -1;
    }
    int high = Character.digit(name.charAt(3), 16);
    int low = Character.digit(name.charAt(4), 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  /** The token of each byte, -1 for none. */
  static int[] tokens(VocabularyDraft tokens) {
    int[] ids = new int[256];
    Arrays.fill(ids, -1);
    for (int id = 0; id < tokens.size(); id++) {
      if (tokens.kind(id) == Kind.BYTE && value(tokens.name(id)) >= 0) {
        ids[value(tokens.name(id))] = id;
      }
    }
    return ids;
  }
}
