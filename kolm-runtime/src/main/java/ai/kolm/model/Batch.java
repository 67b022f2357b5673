package ai.kolm.model;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The work of one step: pieces of several sequences, each a run of consecutive tokens. Prefill
 * pieces have many tokens, decode pieces one; they mix freely.
 */
public record Batch(List<Slice> slices) {

  /**
   * Consecutive tokens of one sequence.
   *
   * @param tokens ids, (nTokens)
   * @param position of the first token in its sequence, 0-based
   * @param blocks the sequence's key-value blocks in order; block {@code p / blockSize} holds
   *     position {@code p}; covers every position up to the last of this slice
   * @param logits for how many of the last tokens logits are wanted, 0 to nTokens
   * @param adapter digest of the adapter that is applied; empty for none
   * @param columns which of these logits are going to be read: those of the others may be anything;
   *     null: all
   */
  public record Slice(
      int[] tokens,
      int position,
      int[] blocks,
      int logits,
      String adapter,
      @Nullable LogitColumns columns) {

    /** A slice without an adapter, of whose logits all are wanted. */
    public Slice(int[] tokens, int position, int[] blocks, int logits) {
      this(tokens, position, blocks, logits, "");
    }

    /** A slice of whose logits all are wanted. */
    public Slice(int[] tokens, int position, int[] blocks, int logits, String adapter) {
      this(tokens, position, blocks, logits, adapter, null);
    }

    /**
     * @throws IllegalArgumentException if the slice is empty or asks for more rows than it has
     */
    public Slice {
      Objects.requireNonNull(adapter);
      if (tokens.length == 0 || position < 0 || logits < 0 || logits > tokens.length) {
        throw new IllegalArgumentException(
            "slice of %d tokens at %d with %d rows".formatted(tokens.length, position, logits));
      }
    }

    boolean wantsAll() {
      return columns == null || columns.all();
    }
  }

  /** Copies the list. */
  public Batch {
    slices = List.copyOf(slices);
  }

  /** The number of tokens of all slices. */
  public int tokens() {
    return slices.stream().mapToInt(slice -> slice.tokens().length).sum();
  }

  /** The number of rows of logits of all slices. */
  public int rows() {
    return slices.stream().mapToInt(Slice::logits).sum();
  }

  /** The number of rows of which all logits are wanted. */
  int wholeRows() {
    int rows = 0;
    for (Slice slice : slices) {
      rows += slice.wantsAll() ? slice.logits() : 0;
    }
    return rows;
  }
}
