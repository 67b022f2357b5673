package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;

/**
 * Finds added tokens in one pass: at each place the longest one that starts there, then on from its
 * end. A special token that is not to be parsed is stepped over, so that no other is found inside.
 *
 * <p>The time for a text is at most its length times that of the longest token; most bytes start no
 * token and cost one look into a table.
 */
final class AddedTokenMatcher {
  private final AddedToken[] tokens;
  private final ByteTrie trie = new ByteTrie();
  private final boolean[] starts = new boolean[256];
  private final int[] lengths;

  /** Takes what text is made of, in order. */
  interface Fragments {
    /** Text between tokens, not empty. */
    void text(byte[] text, int from, int to);

    /** A token. */
    void token(int id);
  }

  /**
   * @param tokens those to find; the earlier of two with the same content counts
   */
  AddedTokenMatcher(List<AddedToken> tokens) {
    this.tokens = tokens.toArray(new AddedToken[0]);
    lengths = new int[this.tokens.length];
    for (int i = 0; i < this.tokens.length; i++) {
      byte[] content = this.tokens[i].content().getBytes(UTF_8);
      lengths[i] = content.length;
      if (content.length > 0) {
        trie.add(content, i);
        starts[content[0] & 0xFF] = true;
      }
    }
  }

  /** Hands {@code text[from, to)} to {@code out} in fragments. */
  void split(byte[] text, int from, int to, boolean literal, Fragments out) {
    int done = from;
    for (int at = from; at < to; ) {
      int match = starts[text[at] & 0xFF] ? longest(text, at, to) : ByteTrie.NONE;
      if (match == ByteTrie.NONE) {
        at++;
        continue;
      }
      AddedToken token = tokens[match];
      int start = at;
      at += lengths[match];
      if ((literal && token.special())
          || (token.singleWord() && touchesWord(text, from, start, at, to))) {
        continue;
      }
      start = token.leftStrip() ? spaceBefore(text, done, start) : start;
      at = token.rightStrip() ? CodePoints.run(text, at, to, CodePoints.SPACE) : at;
      if (done < start) {
        out.text(text, done, start);
      }
      out.token(token.id());
      done = at;
    }
    if (done < to) {
      out.text(text, done, to);
    }
  }

  /** The place of the longest token at {@code from}; {@link ByteTrie#NONE} if there is none. */
  private int longest(byte[] text, int from, int to) {
    int found = ByteTrie.NONE;
    int node = 0;
    for (int at = from; at < to; at++) {
      node = trie.child(node, text[at]);
      if (node == ByteTrie.NONE) {
        break;
      }
      if (trie.value(node) != ByteTrie.NONE) {
        found = trie.value(node);
      }
    }
    return found;
  }

  private static boolean touchesWord(byte[] text, int from, int start, int end, int to) {
    return (start > from && WordRuns.isWord(text, Utf8.previous(text, start)))
        || (end < to && WordRuns.isWord(text, end));
  }

  private static int spaceBefore(byte[] text, int from, int to) {
    int start = to;
    while (start > from) {
      int previous = Utf8.previous(text, start);
      if ((CodePoints.at(text, previous) & CodePoints.SPACE) == 0) {
        break;
      }
      start = previous;
    }
    return start;
  }
}
