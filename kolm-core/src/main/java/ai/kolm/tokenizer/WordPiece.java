package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * WordPiece: a word is the longest token that starts it, then the longest that continues it, and so
 * on; a word that cannot be made of tokens, or is too long, is the unknown token.
 *
 * @see <a href="https://arxiv.org/abs/1609.08144">Wu and others: Google's Neural Machine
 *     Translation System</a>, section 4.1
 */
final class WordPiece implements TokenModel {
  private final ByteTrie starts = new ByteTrie();
  private final ByteTrie continuations = new ByteTrie();
  private final int unknown;
  private final int maxCharacters;

  /**
   * @param unknown the token of what cannot be made
   * @param maxCharacters the most characters of a word, in code points
   */
  WordPiece(int unknown, int maxCharacters) {
    this.unknown = unknown;
    this.maxCharacters = maxCharacters;
  }

  /** Adds a token, while the model is being made. */
  void add(String text, int id, boolean continuation) {
    (continuation ? continuations : starts).add(text.getBytes(UTF_8), id);
  }

  @Override
  public void encode(byte[] text, int from, int to, IdBuffer out) {
    int start = out.size();
    if (characters(text, from, to) > maxCharacters) {
      out.add(unknown);
      return;
    }
    for (int at = from; at < to; ) {
      int length = longest(at == from ? starts : continuations, text, at, to, out);
      if (length == 0) {
        out.truncate(start);
        out.add(unknown);
        return;
      }
      at += length;
    }
  }

  /** Appends the longest token at {@code from}; returns its length, 0 if there is none. */
  private static int longest(ByteTrie tokens, byte[] text, int from, int to, IdBuffer out) {
    int length = 0;
    int id = ByteTrie.NONE;
    int node = 0;
    for (int at = from; at < to; at++) {
      node = tokens.child(node, text[at]);
      if (node == ByteTrie.NONE) {
        break;
      }
      if (tokens.value(node) != ByteTrie.NONE) {
        id = tokens.value(node);
        length = at + 1 - from;
      }
    }
    if (length > 0) {
      out.add(id);
    }
    return length;
  }

  private static int characters(byte[] text, int from, int to) {
    int count = 0;
    for (int at = from; at < to; at++) {
      count += (text[at] & 0xC0) == 0x80 ? 0 : 1;
    }
    return count;
  }
}
