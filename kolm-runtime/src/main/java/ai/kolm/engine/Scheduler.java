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
 *   <li>every running sequence that decodes gets its one token, or the few that its grammar forces,
 *       so running answers never wait for prompts;
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
 * <p>Beside sequences that decode, a step reads no more of prompts than the {@link PrefillShare}
 * says, so that the gap between two tokens of an answer stays bounded.
 *
 * <p>What the {@link PrefixCache} has of a sequence is not computed again. Of the block after that,
 * the tokens that some block has in common are copied. Where a running sequence is computing more
 * of it, a waiting one waits until that is done: of several continuations of a prompt, or requests
 * with one system prompt that come together, the first computes and the others follow.
 */
final class Scheduler {
  private static final Comparator<Sequence> OLDEST_FIRST =
      Comparator.comparingLong(sequence -> sequence.number);

  /** Copies one block of the key-value cache to another. */
  interface BlockCopier {
    /** To be called between steps. */
    void copy(int from, int to);
  }

  /** A block whose first tokens a sequence can have copied. */
  private record Donor(int block, int tokens) {}

  private final PrefixCache cache;
  private final BlockCopier copier;
  private final int blockSize;
  private final EngineLimits limits;
  private final int maxRows;
  private final int maxRunning;
  private final NavigableSet<Sequence> waiting = new TreeSet<>(OLDEST_FIRST);
  private final NavigableSet<Sequence> running = new TreeSet<>(OLDEST_FIRST);
  private final PrefillShare share = new PrefillShare();
  private long arrivals;
  private long preemptions;
  private long prefixHits;
  private long cachedTokens;

  /**
   * @param cache the blocks
   * @param copier copies them
   * @param limits of a step; the number of sequences is cut to what fits into one
   * @param maxRows the most rows of logits per step
   */
  Scheduler(PrefixCache cache, BlockCopier copier, EngineLimits limits, int maxRows) {
    this.cache = cache;
    this.copier = copier;
    this.blockSize = cache.blockSize();
    this.limits = limits;
    this.maxRows = maxRows;
    this.maxRunning = Math.min(limits.sequences(), Math.min(limits.batchTokens(), maxRows));
  }

  /** Puts the sequence at the end of the queue. */
  void add(Sequence sequence) {
    sequence.number = arrivals++;
    waiting.add(sequence);
  }

  /** Ends the sequence, wherever it is; what it computed stays for others. */
  void remove(Sequence sequence) {
    waiting.remove(sequence);
    running.remove(sequence);
    cache.release(sequence);
  }

  /** Ends the sequence, which has failed; nobody shall continue what it alone has computed. */
  void discard(Sequence sequence) {
    waiting.remove(sequence);
    running.remove(sequence);
    cache.discard(sequence);
  }

  /** The work of the next step; empty if there is nothing to do until something changes. */
  Step schedule() {
    Step step = new Step(limits.batchTokens(), maxRows);
    List<Sequence> stalled = running.stream().filter(s -> s.owner().stalled()).toList();
    stalled.forEach(running::remove);
    waiting.addAll(stalled);
    decode(step);
    if (!step.pieces().isEmpty()) {
      step.limitPrefill(share.tokens(step.pieces().size()));
    }
    for (Sequence sequence : running) {
      if (!sequence.decodes()) {
        step.add(sequence);
      }
    }
    admit(step);
    return step;
  }

  /**
   * To be called when the model has computed the step.
   *
   * @param cost what that took, in any unit that stays the same
   */
  void complete(Step step, long cost) {
    for (Step.Piece piece : step.pieces()) {
      piece.sequence().advance(piece.tokens());
      cache.commit(piece.sequence());
    }
    share.observe(step.decoding(), step.tokens() - step.decoding(), cost);
  }

  /** A token for each, and more where the answer is ahead of the model, as far as there is room. */
  private void decode(Step step) {
    int others = (int) running.stream().filter(Sequence::decodes).count();
    for (Sequence sequence : List.copyOf(running)) {
      if (!running.contains(sequence) || !sequence.decodes()) {
        continue;
      }
      others--;
      int most = Math.max(1, step.room() - others);
      if (grow(sequence, Math.min(sequence.left(), most))) {
        step.add(sequence, most);
      }
    }
  }

  /** Sees to blocks for the next tokens; if only older sequences have any, gives up the place. */
  private boolean grow(Sequence sequence, int tokens) {
    while (sequence.computed() + tokens > sequence.blockCount() * blockSize) {
      while (cache.available() == 0) {
        Sequence victim = youngestIdle(sequence);
        preempt(victim == null ? running.last() : victim);
        if (!running.contains(sequence)) {
          return false;
        }
      }
      sequence.addBlock(cache.allocate());
    }
    return true;
  }

  private void admit(Step step) {
    Iterator<Sequence> queue = waiting.iterator();
    while (queue.hasNext() && !step.isFull() && running.size() < maxRunning) {
      Sequence sequence = queue.next();
      if (sequence.owner().stalled()) {
        continue;
      }
      if (!place(sequence)) {
        return;
      }
      queue.remove();
      running.add(sequence);
      sequence.owner().admitted(sequence.computed());
      step.add(sequence);
    }
  }

  /**
   * Gives a waiting sequence all that is computed of it, and blocks for the rest.
   *
   * @return {@code false} if it should wait: for room, or for what is being computed
   */
  private boolean place(Sequence sequence) {
    if (sequence.isAttached()) {
      return makeRoom(sequence);
    }
    PrefixNode start = cache.find(sequence);
    int[] next = next(sequence, start);
    if (isUnderway(start, next)) {
      return false;
    }
    cache.attach(sequence, start);
    if (!makeRoom(sequence)) {
      cache.release(sequence);
      return false;
    }
    Donor donor = donor(start, next); // only now: making room may have cost it its block
    if (donor.tokens() > 0) {
      copier.copy(donor.block(), sequence.block(start.depth()));
      sequence.advance(donor.tokens());
    }
    if (sequence.computed() > 0) {
      prefixHits++;
      cachedTokens += sequence.computed();
    }
    return true;
  }

  /** The reusable tokens after {@code start}, a block of them at most. */
  private int[] next(Sequence sequence, PrefixNode start) {
    int from = start.depth() * blockSize;
    return sequence.tokens(from, Math.min(sequence.reusable() - from, blockSize));
  }

  /** The block after {@code start} that has most of {@code next} computed. */
  private Donor donor(PrefixNode start, int[] next) {
    PrefixNode node = start.nearest(next);
    Donor best = node == null ? new Donor(-1, 0) : new Donor(node.block(), node.common(next));
    for (Sequence other : running) {
      if (other.tail() == start) {
        int computed = other.computed() - start.depth() * blockSize;
        int tokens = Math.min(computed, common(other, start, next));
        if (tokens > best.tokens()) {
          best = new Donor(other.block(start.depth()), tokens);
        }
      }
    }
    return best;
  }

  /** Whether a running sequence is computing so much more of {@code next} that waiting pays. */
  private boolean isUnderway(PrefixNode start, int[] next) {
    int promised = 0;
    for (Sequence other : running) {
      if (other.tail() == start) {
        promised = Math.max(promised, common(other, start, next));
      }
    }
    return promised - donor(start, next).tokens() >= Math.max(1, blockSize / 2);
  }

  /** How many of {@code next} a sequence goes on with after {@code start}. */
  private int common(Sequence sequence, PrefixNode start, int[] next) {
    int from = start.depth() * blockSize;
    int tokens = Math.min(next.length, sequence.length() - from);
    int common = 0;
    while (common < tokens && sequence.token(from + common) == next[common]) {
      common++;
    }
    return common;
  }

  /** Allocates blocks for all tokens of a waiting sequence and one more. */
  private boolean makeRoom(Sequence sequence) {
    int blocks = Math.min(cache.size(), Math.ceilDiv(sequence.length() + 1, blockSize));
    int missing = blocks - sequence.blockCount();
    while (cache.available() < missing + running.size()) {
      Sequence victim = youngestIdle(sequence);
      if (victim == null) {
        return false;
      }
      preempt(victim);
    }
    while (sequence.blockCount() < blocks) {
      sequence.addBlock(cache.allocate());
    }
    return true;
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
    cache.release(sequence);
    if (running.remove(sequence)) {
      waiting.add(sequence);
    }
  }

  int running() {
    return running.size();
  }

  long preemptions() {
    return preemptions;
  }

  /** Times a sequence began with tokens that were computed already. */
  long prefixHits() {
    return prefixHits;
  }

  /** Those tokens. */
  long cachedTokens() {
    return cachedTokens;
  }
}
