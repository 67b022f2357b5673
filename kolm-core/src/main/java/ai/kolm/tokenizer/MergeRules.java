package ai.kolm.tokenizer;

import ai.kolm.weights.ModelFormatException;
import java.util.List;

/** Reads the merges of a file into a {@link MergeTable}, the first one first. */
final class MergeRules {
  /** Twice the most that published tokenizers have. */
  static final int MAX_MERGES = 1 << 20;

  private final VocabularyDraft tokens;
  private final String key;
  private final MergeTable table;
  private int rank;

  /**
   * @param key what the file calls the list, for messages
   * @param count how many there are
   */
  MergeRules(VocabularyDraft tokens, String key, int count) throws ModelFormatException {
    this.tokens = tokens;
    this.key = key;
    if (count > MAX_MERGES) {
      throw tokens.fault("%s: %,d merges, at most %,d allowed".formatted(key, count, MAX_MERGES));
    }
    table = new MergeTable(count);
  }

  /** The merges of a GGUF file. */
  static MergeTable read(GgufTokenizer file) throws ModelFormatException {
    List<String> merges = file.metadata().strings(GgufTokenizer.MERGES);
    MergeRules rules = new MergeRules(file.tokens(), GgufTokenizer.MERGES, merges.size());
    for (String merge : merges) {
      rules.add(merge);
    }
    return rules.table();
  }

  /** A merge written as one string, with a space between its parts. */
  void add(String merge) throws ModelFormatException {
    // The first part may itself be a space.
    int space = merge.indexOf(' ', 1);
    if (space < 0 || space + 1 == merge.length()) {
      throw tokens.fault("%s/%d: expected two tokens, got \"%s\"".formatted(key, rank, merge));
    }
    add(merge.substring(0, space), merge.substring(space + 1));
  }

  void add(String left, String right) throws ModelFormatException {
    int leftId = find(left);
    int rightId = find(right);
    int merged = find(left + right);
    // No text may become a control token, whatever a file says.
    if (tokens.isText(merged) && !table.add(leftId, rightId, rank, merged)) {
      throw tokens.fault("%s/%d: \"%s\" and \"%s\" merge twice".formatted(key, rank, left, right));
    }
    rank++;
  }

  private int find(String name) throws ModelFormatException {
    int id = tokens.find(name);
    if (id < 0) {
      throw tokens.fault("%s/%d: \"%s\" is no token".formatted(key, rank, name));
    }
    return id;
  }

  MergeTable table() {
    return table;
  }
}
