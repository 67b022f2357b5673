package ai.kolm.tokenizer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Unigram language model: of all ways to make a word of tokens, the one with the highest sum of
 * scores, found from left to right (Viterbi). A character that no token covers costs {@value
 * #UNKNOWN_PENALTY} more than the worst token; it becomes the tokens of its bytes, where the
 * vocabulary has them (byte fallback), else a run of such characters becomes one unknown token.
 *
 * <p>Time is the length of the word times that of the longest token.
 *
 * @see <a href="https://aclanthology.org/P18-1007/">Kudo: Subword Regularization</a>
 */
final class Unigram implements TokenModel {
  private static final double UNKNOWN_PENALTY = 10;
  private static final int NONE = -1;

  private final ByteTrie tokens = new ByteTrie();
  private final double[] scores;
  private final int unknown;
  private final int[] bytes;
  private double lowest = Double.POSITIVE_INFINITY;

  /**
   * @param size the number of ids
   * @param unknown the token for what has no other; -1 for none
   * @param bytes the token of each byte, -1 for none; empty without byte fallback
   */
  Unigram(int size, int unknown, int[] bytes) {
    scores = new double[size];
    this.unknown = unknown;
    this.bytes = bytes.clone();
  }

  /** Adds a token, while the model is being made. */
  void add(String text, int id, double score) {
    scores[id] = score;
    lowest = Math.min(lowest, score);
    tokens.add(text.getBytes(UTF_8), id);
  }

  /** Counts the score of a token that text cannot become. */
  void addScoreOnly(double score) {
    lowest = Math.min(lowest, score);
  }

  @Override
  public void encode(byte[] text, int from, int to, IdBuffer out) {
    int length = to - from;
    double[] best = new double[length + 1];
    int[] token = new int[length + 1];
    int[] start = new int[length + 1];
    Arrays.fill(start, NONE);
    start[0] = 0;
    for (int at = 0; at < length; at = Utf8.next(text, from + at) - from) {
      int character = Utf8.next(text, from + at) - from;
      boolean covered = false;
      int node = 0;
      for (int end = at; end < length; ) {
        node = tokens.child(node, text[from + end++]);
        if (node == ByteTrie.NONE) {
          break;
        }
        int id = tokens.value(node);
        if (id != ByteTrie.NONE) {
          covered |= end == character;
          offer(best, token, start, at, end, id, scores[id]);
        }
      }
      if (!covered) {
        offer(best, token, start, at, character, NONE, lowest - UNKNOWN_PENALTY);
      }
    }
    collect(text, from, token, start, out);
  }

  private static void offer(
      double[] best, int[] token, int[] start, int from, int to, int id, double score) {
    double total = best[from] + score;
    if (start[to] == NONE || total > best[to]) {
      best[to] = total;
      token[to] = id;
      start[to] = from;
    }
  }

  /** Walks back from the end, turns the pieces round and writes them. */
  private void collect(byte[] text, int from, int[] token, int[] start, IdBuffer out) {
    int at = start.length - 1;
    int pieces = 0;
    int[] ends = new int[start.length];
    while (at > 0) {
      ends[pieces++] = at;
      at = start[at];
    }
    boolean afterUnknown = false;
    while (pieces > 0) {
      int end = ends[--pieces];
      if (token[end] != NONE) {
        out.add(token[end]);
        afterUnknown = false;
      } else if (haveTokens(text, from + start[end], from + end)) {
        for (int i = start[end]; i < end; i++) {
          out.add(bytes[text[from + i] & 0xFF]);
        }
      } else if (unknown >= 0 && !afterUnknown) {
        out.add(unknown);
        afterUnknown = true;
      }
    }
  }

  private boolean haveTokens(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes.length == 0 || bytes[text[i] & 0xFF] < 0) {
        return false;
      }
    }
    return true;
  }
}
