package ai.kolm.tokenizer;

import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.Texts;
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

  /** The merges of a GGUF file whose names are bytes. */
  static MergeTable read(GgufTokenizer file, Utf8Names names) throws ModelFormatException {
    Texts merges = file.metadata().texts(GgufTokenizer.MERGES);
    MergeRules rules = new MergeRules(file.tokens(), GgufTokenizer.MERGES, merges.size());
    for (int i = 0; i < merges.size(); i++) {
      rules.add(names, merges, i);
    }
    return rules.table();
  }

  /** Merge {@code i}, a text with a space between its parts: {@link #add(String)} in bytes. */
  private void add(Utf8Names names, Texts merges, int i) throws ModelFormatException {
    byte[] text = merges.bytes();
    int from = merges.start(i);
    int to = merges.end(i);
    int space = from + 1;
    while (space < to && text[space] != ' ') {
      space++;
    }
    if (space + 1 >= to) {
      throw notTwo(merges.get(i));
    }
    int second = space + 1;
    int hash = Utf8Names.hash(0, text, from, space);
    int left = names.find(hash, text, from, space, 0, 0);
    int right = names.find(Utf8Names.hash(0, text, second, to), text, second, to, 0, 0);
    int merged = names.find(Utf8Names.hash(hash, text, second, to), text, from, space, second, to);
    if (left < 0 || right < 0 || merged < 0) {
      add(merges.get(i)); // which says what is missing
    } else {
      add(left, right, merged);
    }
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
      throw notTwo(merge);
    }
    add(merge.substring(0, space), merge.substring(space + 1));
  }

  void add(String left, String right) throws ModelFormatException {
    add(find(left), find(right), find(left + right));
  }

  private void add(int left, int right, int merged) throws ModelFormatException {
    // No text may become a control token, whatever a file says.
    if (tokens.isText(merged) && !table.add(left, right, rank, merged)) {
      throw tokens.fault(
          "%s/%d: \"%s\" and \"%s\" merge twice"
              .formatted(key, rank, tokens.name(left), tokens.name(right)));
    }
    rank++;
  }

  private ModelFormatException notTwo(String merge) {
    return tokens.fault("%s/%d: expected two tokens, got \"%s\"".formatted(key, rank, merge));
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
