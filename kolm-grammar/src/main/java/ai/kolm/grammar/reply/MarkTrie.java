package ai.kolm.grammar.reply;

import ai.kolm.grammar.CallForm;
import ai.kolm.tokenizer.Vocabulary;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Texts that may come next, each with what it leads to, as a tree of bytes. Texts with a common
 * beginning are told apart where they differ.
 */
final class MarkTrie {
  /** No node: the byte is refused. */
  static final int DEAD = -1;

  /** Not the end of a text. */
  static final int NONE = -1;

  private final Vocabulary vocabulary;
  private final List<Map<Integer, Integer>> children = new ArrayList<>();
  private final List<Integer> goals = new ArrayList<>();

  /**
   * @param vocabulary knows the control tokens
   */
  MarkTrie(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** A new tree; its root. */
  int root() {
    children.add(new HashMap<>());
    goals.add(NONE);
    return children.size() - 1;
  }

  /**
   * Adds a text to the tree at {@code root}.
   *
   * @param goal what it leads to, not below 0
   * @throws IllegalArgumentException if it cannot be told from another, because one is the
   *     beginning of the other
   */
  void add(int root, List<CallForm.Piece> text, int goal) {
    int node = path(root, text);
    if (goals.get(node) != NONE || !children.get(node).isEmpty()) {
      throw new IllegalArgumentException("texts around calls cannot be told apart: " + text);
    }
    goals.set(node, goal);
  }

  /** The node behind a text, which leads to nothing by itself. */
  int path(int root, List<CallForm.Piece> text) {
    int node = root;
    for (CallForm.Piece piece : text) {
      switch (piece) {
        case CallForm.Text mark -> {
          for (byte b : Mark.of(mark.text(), vocabulary).bytes()) {
            node = child(node, b & 0xFF);
          }
        }
        case CallForm.Id id -> {
          for (int i = 0; i < id.characters(); i++) {
            node = anyChild(node);
          }
        }
      }
    }
    return node;
  }

  private int child(int node, int value) {
    if (goals.get(node) != NONE) {
      throw new IllegalArgumentException("one text around calls is the beginning of another");
    }
    Integer known = children.get(node).get(value);
    if (known != null) {
      return known;
    }
    int next = root();
    children.get(node).put(value, next);
    return next;
  }

  /** The node behind a letter or digit, the same for all. */
  private int anyChild(int node) {
    int next = child(node, '0');
    for (int c = '0'; c <= 'z'; c++) {
      if (Character.isLetterOrDigit(c)) {
        children.get(node).put(c, next);
      }
    }
    return next;
  }

  /** The node behind {@code value}, or {@link #DEAD}. */
  int step(int node, int value) {
    Integer next = children.get(node).get(value);
    return next == null ? DEAD : next;
  }

  /** What the text that ends in {@code node} leads to; {@link #NONE} if none does. */
  int goal(int node) {
    return goals.get(node);
  }

  /** Memory taken, in bytes. */
  long bytes() {
    return 150L * children.size();
  }
}
