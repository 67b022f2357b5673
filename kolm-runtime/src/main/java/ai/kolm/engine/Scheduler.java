package ai.kolm.engine;

import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Decides who computes what in the next step. It has no threads and no tensors.
 *
 * <p>Continuous batching (Yu et al. 2022, "Orca") with chunked prefill (Agrawal et al. 2024,
 * "Sarathi-Serve") over a paged cache (Kwon et al. 2023, "PagedAttention"). Each step:
 *
 * <ol>
 *   <li>every running sequence that decodes gets its one token, so running answers never wait for
 *       prompts;
 *   <li>what is left of the step goes to the prompts being read, oldest first;
 *   <li>then sequences are admitted from the queue, oldest first, as long as the cache has room for
 *       all of their tokens and one more, and one block for each sequence already running.
 * </ol>
 *
 * <p>A sequence whose owner stalls leaves its place, not its blocks. Blocks are taken back only
 * when another sequence needs them: from those without a place first, else from the youngest
 * running one, which then computes its tokens again later. The oldest can always go on, so
 * everything ends: the cache holds at least one sequence of full length (the {@link Engine} sees to
 * that).
 *
 * <p>Sequences with the same prompt share its full blocks. The last, partial one is computed again
 * by each: that is less than a block of tokens, needs no copying of blocks, and is the same as
 * continuing after any other shared prefix.
 */
final class Scheduler {
  private static final Comparator<Sequence> OLDEST_FIRST =
      Comparator.comparingLong(sequence -> sequence.number);

  private final BlockPool pool;
  private final int blockSize;
  private final EngineLimits limits;
  private final int maxRows;
  private final int maxRunning;
  private final NavigableSet<Sequence> waiting = new TreeSet<>(OLDEST_FIRST);
  private final NavigableSet<Sequence> running = new TreeSet<>(OLDEST_FIRST);
  private long arrivals;
  private long preemptions;

  /**
   * @param pool the blocks
   * @param blockSize tokens per block
   * @param limits of a step; the number of sequences is cut to what fits into one
   * @param maxRows the most rows of logits per step
   */
  Scheduler(BlockPool pool, int blockSize, EngineLimits limits, int maxRows) {
    this.pool = pool;
    this.blockSize = blockSize;
    this.limits = limits;
    this.maxRows = maxRows;
    this.maxRunning = Math.min(limits.sequences(), Math.min(limits.batchTokens(), maxRows));
  }

  /** Puts the sequence at the end of the queue. */
  void add(Sequence sequence) {
    sequence.number = arrivals++;
    waiting.add(sequence);
  }

  /** Ends the sequence, wherever it is. */
  void remove(Sequence sequence) {
    waiting.remove(sequence);
    running.remove(sequence);
    releaseBlocks(sequence);
  }

  /** The work of the next step; empty if there is nothing to do until something changes. */
  Step schedule() {
    Step step = new Step(limits.batchTokens(), maxRows);
    List<Sequence> stalled = running.stream().filter(s -> s.owner().stalled()).toList();
    stalled.forEach(running::remove);
    waiting.addAll(stalled);
    decode(step);
    for (Sequence sequence : running) {
      if (sequence.left() > 1) {
        step.add(sequence);
      }
    }
    admit(step);
    return step;
  }

  /** To be called when the model has computed the step. */
  void complete(Step step) {
    step.pieces().forEach(piece -> piece.sequence().advance(piece.tokens()));
  }

  private void decode(Step step) {
    for (Sequence sequence : List.copyOf(running)) {
      if (running.contains(sequence) && sequence.left() == 1 && grow(sequence)) {
        step.add(sequence);
      }
    }
  }

  /** Sees to a block for the next token; if only older sequences have any, gives up the place. */
  private boolean grow(Sequence sequence) {
    if (sequence.computed() < sequence.blockCount() * blockSize) {
      return true;
    }
    while (pool.free() == 0) {
      Sequence victim = youngestIdle(sequence);
      preempt(victim == null ? running.last() : victim);
      if (!running.contains(sequence)) {
        return false;
      }
    }
    sequence.addBlock(pool.allocate());
    return true;
  }

  private void admit(Step step) {
    Iterator<Sequence> queue = waiting.iterator();
    while (queue.hasNext() && !step.isFull() && running.size() < maxRunning) {
      Sequence sequence = queue.next();
      if (sequence.owner().stalled()) {
        continue;
      }
      if (waitsForSibling(sequence)) {
        return;
      }
      share(sequence);
      if (!makeRoom(sequence)) {
        return;
      }
      queue.remove();
      running.add(sequence);
      sequence.owner().admitted();
      step.add(sequence);
    }
  }

  /** Allocates blocks for all tokens of a waiting sequence and one more. */
  private boolean makeRoom(Sequence sequence) {
    int blocks = Math.min(pool.size(), Math.ceilDiv(sequence.length() + 1, blockSize));
    int missing = blocks - sequence.blockCount();
    while (pool.free() < missing + running.size()) {
      Sequence victim = youngestIdle(sequence);
      if (victim == null) {
        return false;
      }
      preempt(victim);
    }
    while (sequence.blockCount() < blocks) {
      sequence.addBlock(pool.allocate());
    }
    return true;
  }

  /** Whether another sequence is reading the same prompt right now. */
  private boolean waitsForSibling(Sequence sequence) {
    int shareable = shareable(sequence);
    return sequence.computed() < shareable
        && sequence.siblings().stream()
            .anyMatch(sibling -> running.contains(sibling) && sibling.computed() < shareable);
  }

  private void share(Sequence sequence) {
    int shareable = shareable(sequence);
    for (Sequence sibling : sequence.siblings()) {
      if (sequence.computed() < shareable && sibling.computed() >= shareable) {
        releaseBlocks(sequence);
        for (int i = 0; i < shareable / blockSize; i++) {
          pool.share(sibling.block(i));
          sequence.addBlock(sibling.block(i));
        }
        sequence.adopt(shareable);
      }
    }
  }

  /** The tokens of full blocks before the first row wanted. */
  private int shareable(Sequence sequence) {
    int fixed = Math.min(sequence.promptLength() - 1, sequence.nextRow());
    return fixed / blockSize * blockSize;
  }

  /** The youngest sequence other than {@code except} that has blocks and no place. */
  private @Nullable Sequence youngestIdle(Sequence except) {
    for (Sequence sequence : waiting.descendingSet()) {
      if (sequence != except && sequence.blockCount() > 0) {
        return sequence;
      }
    }
    return null;
  }

  private void preempt(Sequence sequence) {
    preemptions++;
    releaseBlocks(sequence);
    if (running.remove(sequence)) {
      waiting.add(sequence);
    }
  }

  private void releaseBlocks(Sequence sequence) {
    for (int i = 0; i < sequence.blockCount(); i++) {
      pool.release(sequence.block(i));
    }
    sequence.dropBlocks();
  }

  int running() {
    return running.size();
  }

  long preemptions() {
    return preemptions;
  }
}
