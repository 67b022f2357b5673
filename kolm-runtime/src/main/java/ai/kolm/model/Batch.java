package ai.kolm.model;

import java.util.List;
import java.util.Objects;

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
   */
  public record Slice(int[] tokens, int position, int[] blocks, int logits, String adapter) {
    /** A slice without an adapter. */
    public Slice(int[] tokens, int position, int[] blocks, int logits) {
      this(tokens, position, blocks, logits, "");
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
}
