package ai.kolm.engine;

import ai.kolm.model.Batch;
import java.util.ArrayList;
import java.util.List;

/** The work of one step while it is put together, then to be run. */
final class Step {

  /**
   * Part of the step.
   *
   * @param sequence whose
   * @param tokens how many of its next tokens are computed
   * @param rows for how many of the last of them logits come back
   */
  record Piece(Sequence sequence, int tokens, int rows) {}

  private final List<Piece> pieces = new ArrayList<>();
  private int decoding;
  private int tokensLeft;
  private int rowsLeft;

  Step(int maxTokens, int maxRows) {
    tokensLeft = maxTokens;
    rowsLeft = maxRows;
  }

  /** Adds as many of the tokens left in the sequence as there is room for. */
  void add(Sequence sequence) {
    add(sequence, Integer.MAX_VALUE);
  }

  /** The same, and at most {@code most}. */
  void add(Sequence sequence, int most) {
    int tokens = Math.min(Math.min(sequence.left(), tokensLeft), most);
    int excess = Math.max(0, sequence.rows(tokens) - rowsLeft);
    tokens -= excess;
    if (tokens > 0) {
      int rows = sequence.rows(tokens);
      pieces.add(new Piece(sequence, tokens, rows));
      tokensLeft -= tokens;
      rowsLeft -= rows;
    }
  }

  /** All that decode are in; of the others at most so many tokens may follow. */
  void limitPrefill(int tokens) {
    decoding = pieces.size();
    tokensLeft = Math.min(tokensLeft, tokens);
  }

  /** How many sequences were in when the prefill was limited: those that decode. */
  int decoding() {
    return decoding;
  }

  /** How many tokens there is room for, each of which may have wanted logits. */
  int room() {
    return Math.min(tokensLeft, rowsLeft);
  }

  boolean isFull() {
    return tokensLeft == 0 || rowsLeft == 0;
  }

  /** Leaves out the sequences that have failed since they were added. */
  void dropEnded() {
    List<Piece> first = pieces.subList(0, decoding);
    decoding = (int) first.stream().filter(piece -> piece.sequence().isAttached()).count();
    pieces.removeIf(piece -> !piece.sequence().isAttached());
  }

  List<Piece> pieces() {
    return pieces;
  }

  /** The rows of logits, all pieces' one behind the other, that are the first of each. */
  int[] firstRows() {
    int[] first = new int[pieces.size()];
    for (int i = 1; i < first.length; i++) {
      first[i] = first[i - 1] + pieces.get(i - 1).rows();
    }
    return first;
  }

  int tokens() {
    return pieces.stream().mapToInt(Piece::tokens).sum();
  }

  Batch batch(int blockSize) {
    return new Batch(
        pieces.stream().map(piece -> piece.sequence().slice(piece.tokens(), blockSize)).toList());
  }
}
