package ai.kolm.engine;

import ai.kolm.model.Batch;
import ai.kolm.model.Logits;
import java.util.Arrays;
import java.util.List;

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

    /** The sequence has a place in the batch. */
    void admitted();

    /** Takes the logits that follow the sequence's next row; may append to it, or end it. */
    void accept(Logits logits, int row);

    /** The sequence cannot go on. */
    void fail(EngineException failure);
  }

  private final Owner owner;
  private final int[] prompt;
  private final List<Sequence> siblings;
  private int[] answer = new int[16];
  private int answered;
  private int computed;
  private int nextRow;
  private int[] blocks = new int[0];
  private int blockCount;

  /** The order of arrival, given by the scheduler. */
  long number;

  /**
   * @param prompt the first tokens; shared, never changed
   * @param firstRow the first position whose logits are wanted, together with all that follow
   * @param siblings the sequences with the same prompt, this one among them
   * @param owner takes the logits
   */
  Sequence(int[] prompt, int firstRow, List<Sequence> siblings, Owner owner) {
    this.prompt = prompt;
    this.nextRow = firstRow;
    this.siblings = siblings;
    this.owner = owner;
  }

  Owner owner() {
    return owner;
  }

  List<Sequence> siblings() {
    return siblings;
  }

  int length() {
    return prompt.length + answered;
  }

  int promptLength() {
    return prompt.length;
  }

  int answered() {
    return answered;
  }

  int token(int position) {
    return position < prompt.length ? prompt[position] : answer[position - prompt.length];
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

  /** Takes over the blocks of the first {@code tokens} tokens of a sibling. */
  void adopt(int tokens) {
    computed = tokens;
  }

  /** Forgets the blocks, and with them all that is computed. */
  void dropBlocks() {
    blockCount = 0;
    computed = 0;
  }

  /** The next {@code tokens} tokens as work for the model. */
  Batch.Slice slice(int tokens, int blockSize) {
    int[] ids = new int[tokens];
    Arrays.setAll(ids, i -> token(computed + i));
    int usedBlocks = Math.ceilDiv(computed + tokens, blockSize);
    return new Batch.Slice(ids, computed, Arrays.copyOf(blocks, usedBlocks), rows(tokens));
  }
}
