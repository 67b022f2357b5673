package ai.kolm.engine;

import ai.kolm.model.Batch;
import ai.kolm.model.LogitColumns;
import ai.kolm.model.Logits;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that grow, of which the model has computed the first ones, and the blocks that hold what
 * it computed. That is all the {@link Scheduler} knows: reading a prompt, decoding, and reading
 * everything again after a preemption are the same thing, computing the tokens that are left.
 */
final class Sequence {

  /** Whoever a sequence runs for. */
  interface Owner {
    /** Whether it cannot take more logits for now. */
    boolean stalled();

    /** The sequence has a place in the batch, and of its tokens the first so many are computed. */
    void admitted(int computed);

    /**
     * Before the logits that follow the next row are computed: works out what will be read of them.
     */
    default void prepare() {}

    /** What that is: of the next row, where it is the only one of a step; null: all. */
    default @Nullable LogitColumns columns() {
      return null;
    }

    /**
     * Chooses the token that follows the next row, where it is the only one of a step, as far as
     * that concerns nobody else: others do so at the same time. The logits are handed to {@link
     * #accept} next.
     *
     * @param workspace that nobody else uses meanwhile
     */
    default void choose(Logits logits, int row, Workspace workspace) {}

    /** Takes the logits that follow the sequence's next row; may append to it, or end it. */
    void accept(Logits logits, int row);

    /** The sequence cannot go on. */
    void fail(EngineException failure);
  }

  private final Owner owner;
  private final int[] prompt;
  private final CacheScope scope;
  private int[] answer = new int[16];
  private int answered;
  private int computed;
  private int nextRow;
  private int[] blocks = new int[0];
  private int blockCount;
  private @Nullable PrefixNode tail;

  /** The order of arrival, given by the scheduler. */
  long number;

  /**
   * @param prompt the first tokens; shared, never changed
   * @param firstRow the first position whose logits are wanted, together with all that follow
   * @param scope the sequences that it may share computed tokens with
   * @param owner takes the logits
   */
  Sequence(int[] prompt, int firstRow, CacheScope scope, Owner owner) {
    this.prompt = prompt;
    this.nextRow = firstRow;
    this.scope = scope;
    this.owner = owner;
  }

  Owner owner() {
    return owner;
  }

  CacheScope scope() {
    return scope;
  }

  int length() {
    return prompt.length + answered;
  }

  int answered() {
    return answered;
  }

  int token(int position) {
    return position < prompt.length ? prompt[position] : answer[position - prompt.length];
  }

  /** The tokens from a position on, which must have been appended. */
  int[] tokens(int from, int count) {
    int[] tokens = new int[count];
    for (int i = 0; i < count; i++) {
      tokens[i] = token(from + i);
    }
    return tokens;
  }

  /** How many tokens need not be computed if another has: those before the next row wanted. */
  int reusable() {
    return Math.min(length() - 1, nextRow);
  }

  /** The position whose logits come next. */
  int nextRow() {
    return nextRow;
  }

  void append(int token) {
    if (answered == answer.length) {
      answer = Arrays.copyOf(answer, 2 * answered);
    }
    answer[answered++] = token;
  }

  int computed() {
    return computed;
  }

  /** Tokens still to compute. */
  int left() {
    return length() - computed;
  }

  /** Of the next {@code tokens} tokens to compute, how many have wanted logits: the last ones. */
  int rows(int tokens) {
    return Math.max(0, computed + tokens - Math.max(computed, nextRow));
  }

  void advance(int tokens) {
    computed += tokens;
  }

  /** The logits of {@link #nextRow} have been taken. */
  void rowTaken() {
    nextRow++;
  }

  /** Of the logits before those of the last token none are wanted any more. */
  void skipToLastRow() {
    nextRow = length() - 1;
  }

  /** Whether all of the prompt is computed, and what is left is short: tokens of the answer. */
  boolean decodes() {
    return left() == 1 || (computed >= prompt.length && left() <= 1 + ForcedTokens.MOST_AHEAD);
  }

  int blockCount() {
    return blockCount;
  }

  int block(int index) {
    return blocks[index];
  }

  void addBlock(int block) {
    if (blockCount == blocks.length) {
      blocks = Arrays.copyOf(blocks, 2 * blockCount + 4);
    }
    blocks[blockCount++] = block;
  }

  void replaceBlock(int index, int block) {
    blocks[index] = block;
  }

  /** Whether the sequence has a place in the tree of prefixes, and perhaps blocks. */
  boolean isAttached() {
    return tail != null;
  }

  /**
   * Where the sequence is in the tree of prefixes: the node of its last full block, or the root.
   * The blocks that follow are its own.
   */
  PrefixNode tail() {
    if (tail == null) {
      throw new IllegalStateException("the sequence has no blocks");
    }
    return tail;
  }

  void setTail(PrefixNode node) {
    tail = node;
  }

  /** Forgets the blocks, and with them all that is computed. */
  void dropBlocks() {
    tail = null;
    blockCount = 0;
    computed = 0;
  }

  /** The next {@code tokens} tokens as work for the model. */
  Batch.Slice slice(int tokens, int blockSize) {
    int usedBlocks = Math.ceilDiv(computed + tokens, blockSize);
    int rows = rows(tokens);
    return new Batch.Slice(
        tokens(computed, tokens),
        computed,
        Arrays.copyOf(blocks, usedBlocks),
        rows,
        scope.adapter(),
        rows == 1 ? owner.columns() : null);
  }
}
