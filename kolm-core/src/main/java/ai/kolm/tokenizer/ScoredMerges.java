package ai.kolm.tokenizer;

import ai.kolm.tokenizer.Vocabulary.Kind;
import ai.kolm.weights.ModelFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;

/**
 * Merges from scores, as SentencePiece has them: two neighbours merge if together they are a token,
 * that of the highest score first. So each token can be made from every two tokens that it is the
 * concatenation of, at the rank of its score.
 *
 * <p>Tokens of two or more spaces (Gemma) come before all others, the longest first, as in the
 * merges that were published for the same vocabulary: GGUF files give them the lowest score.
 */
final class ScoredMerges {
  /** Bounds the time for a vocabulary of long tokens: the sum of their squared lengths. */
  private static final long MAX_WORK = 1L << 30;

  private final VocabularyDraft tokens;
  private final float[] scores;
  private final List<String> texts;
  private final NameIndex index;
  private final List<AddedToken> spaceRuns = new ArrayList<>();

  ScoredMerges(VocabularyDraft tokens, float[] scores) throws ModelFormatException {
    this.tokens = tokens;
    this.scores = scores;
    String[] texts = new String[tokens.size()];
    this.texts = Arrays.asList(texts);
    index = new NameIndex(this.texts);
    long work = 0;
    for (int id = 0; id < texts.length; id++) {
      texts[id] = text(id);
      work += (long) texts[id].length() * texts[id].length();
      if (tokens.isText(id) && tokens.kind(id) != Kind.BYTE && !texts[id].isEmpty()) {
        index.add(id);
      }
    }
    if (work > MAX_WORK) {
      throw tokens.fault(
          "%s: the squared lengths of the tokens sum up to %,d, at most %,d allowed"
              .formatted(GgufTokenizer.TOKENS, work, MAX_WORK));
    }
  }

  private String text(int id) {
    String name = tokens.name(id);
    boolean spaces = name.length() > 1 && name.chars().allMatch(c -> c == ' ');
    String marks = Normalizers.SPACE_MARK.repeat(name.length());
    if (!spaces || tokens.kind(id) != Kind.USER_DEFINED || tokens.find(marks) >= 0) {
      return name;
    }
    spaceRuns.add(AddedToken.plain(id, marks, false));
    return marks;
  }

  /** The tokens of spaces, to be looked for as marks: spaces themselves become them by merging. */
  List<AddedToken> spaceRuns() {
    return List.copyOf(spaceRuns);
  }

  /** What merging can give. */
  List<String> texts() {
    return Collections.unmodifiableList(texts);
  }

  /** All merges. */
  MergeTable table() {
    List<Integer> order = new ArrayList<>();
    for (int id = 0; id < tokens.size(); id++) {
      if (isProduct(id)) {
        order.add(id);
      }
    }
    order.sort(Comparator.comparingDouble(id -> -priority(id)));
    MergeTable table = new MergeTable(1 << 10);
    int rank = 0;
    for (int i = 0; i < order.size(); i++) {
      if (i > 0 && priority(order.get(i)) != priority(order.get(i - 1))) {
        rank++;
      }
      addAll(table, order.get(i), rank);
    }
    return table;
  }

  private boolean isProduct(int id) {
    return (tokens.kind(id) == Kind.NORMAL || isSpaceRun(id)) && texts.get(id).length() > 1;
  }

  private boolean isSpaceRun(int id) {
    return tokens.kind(id) == Kind.USER_DEFINED && !texts.get(id).equals(tokens.name(id));
  }

  private double priority(int id) {
    return isSpaceRun(id) ? 1e30 * texts.get(id).length() : scores[id];
  }

  private void addAll(MergeTable table, int id, int rank) {
    String text = texts.get(id);
    for (int at = 1; at < text.length(); at++) {
      if (!Character.isLowSurrogate(text.charAt(at))) {
        int left = index.find(text.substring(0, at));
        int right = left < 0 ? -1 : index.find(text.substring(at));
        if (right >= 0) {
          table.add(left, right, rank, id);
        }
      }
    }
  }
}
