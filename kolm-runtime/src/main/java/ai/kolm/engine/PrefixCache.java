package ai.kolm.engine;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.SequencedSet;

/**
 * The blocks of the key-value cache, those of ended sequences included: a sequence that starts with
 * the same tokens uses them instead of computing them again. So system prompts, the turns of a
 * conversation, the continuations of one prompt and a preempted sequence are all the same thing.
 *
 * <p>Keys and values of a position depend on the tokens up to it and on nothing else. Full blocks
 * therefore form a tree: of each {@link CacheScope} a root, below each block the blocks that
 * continue it, found by their tokens. vLLM finds blocks by a hash of the chain of tokens, SGLang
 * walks a radix tree (Zheng et al. 2024, "SGLang"); here the edges are whole blocks. Tokens are
 * compared, nothing is hashed, so no two prefixes can be taken for one.
 *
 * <p>A block is free; or private to the sequence that fills it; or, once full, a node of the tree,
 * never changed, used by any number of sequences. A sequence that uses a node uses all of its path.
 * Nodes without users are idle: kept until a block is needed and none is free, and then given up
 * least recently used first. As a sequence lets go of its path from the end, a node becomes idle
 * later than all nodes below it, so what is given up is always a leaf, and what stays can always be
 * reached.
 *
 * <p>For one thread at a time.
 */
final class PrefixCache {
  private final BlockPool pool;
  private final int blockSize;
  private final boolean keeps;
  private final Map<CacheScope, PrefixNode> roots = new HashMap<>();

  /** Least recently used first. */
  private final SequencedSet<PrefixNode> idle = new LinkedHashSet<>();

  /**
   * @param pool all blocks, free
   * @param blockSize tokens per block
   * @param keeps whether blocks stay when no sequence uses them; else only sequences that run at
   *     the same time share
   */
  PrefixCache(BlockPool pool, int blockSize, boolean keeps) {
    this.pool = pool;
    this.blockSize = blockSize;
    this.keeps = keeps;
  }

  int blockSize() {
    return blockSize;
  }

  /** All blocks. */
  int size() {
    return pool.size();
  }

  /** Blocks that can be allocated: free ones and idle ones. */
  int available() {
    return pool.free() + idle.size();
  }

  /** Blocks kept without a user. */
  int idle() {
    return idle.size();
  }

  /** Scopes of which there is anything: a block or a sequence. */
  int scopes() {
    return roots.size();
  }

  /** A block for one sequence alone. */
  int allocate() {
    if (pool.free() == 0 && !idle.isEmpty()) {
      drop(idle.removeFirst());
    }
    return pool.allocate();
  }

  /**
   * The longest path that the sequence starts with, without the tokens whose logits it still wants.
   * Changes nothing.
   */
  PrefixNode find(Sequence sequence) {
    PrefixNode node = roots.getOrDefault(sequence.scope(), PrefixNode.root(sequence.scope()));
    int blocks = sequence.reusable() / blockSize;
    while (node.depth() < blocks) {
      PrefixNode child = node.child(sequence.tokens(node.depth() * blockSize, blockSize));
      if (child == null) {
        return node;
      }
      node = child;
    }
    return node;
  }

  /** Lets a sequence without blocks start with the path to {@code node}, found just now. */
  void attach(Sequence sequence, PrefixNode node) {
    int[] path = new int[node.depth()];
    for (PrefixNode at = node; at != null; at = at.parent()) {
      use(at);
      if (at.depth() > 0) {
        path[at.depth() - 1] = at.block();
      } else {
        roots.put(at.scope(), at);
      }
    }
    for (int block : path) {
      sequence.addBlock(block);
    }
    sequence.advance(node.depth() * blockSize);
    sequence.setTail(node);
  }

  /** Makes nodes of the blocks that the sequence has filled since. */
  void commit(Sequence sequence) {
    PrefixNode tail = sequence.tail();
    while ((tail.depth() + 1) * blockSize <= sequence.computed()) {
      int index = tail.depth();
      int[] tokens = sequence.tokens(index * blockSize, blockSize);
      PrefixNode next = tail.child(tokens);
      if (next == null) {
        next = tail.add(tokens, sequence.block(index));
      } else { // another sequence was first: its block serves both
        pool.release(sequence.block(index));
        sequence.replaceBlock(index, next.block());
      }
      use(next);
      sequence.setTail(next);
      tail = next;
    }
  }

  /** Takes all blocks from the sequence; what others can use stays. */
  void release(Sequence sequence) {
    release(sequence, keeps);
  }

  /** Takes all blocks from the sequence; what no other has used or continued is forgotten. */
  void discard(Sequence sequence) {
    release(sequence, false);
  }

  private void release(Sequence sequence, boolean keep) {
    if (!sequence.isAttached()) {
      return;
    }
    PrefixNode tail = sequence.tail();
    for (int i = sequence.blockCount() - 1; i >= tail.depth(); i--) {
      pool.release(sequence.block(i));
    }
    for (PrefixNode node = tail; node != null; node = node.parent()) {
      if (node.leave()) {
        retire(node, keep);
      }
    }
    sequence.dropBlocks();
  }

  private void use(PrefixNode node) {
    if (node.take()) {
      idle.remove(node);
    }
  }

  /** The last user of the node has left. */
  private void retire(PrefixNode node, boolean keep) {
    if (node.depth() == 0) {
      forgetIfEmpty(node);
    } else if (keep || !node.isLeaf()) {
      idle.add(node);
    } else {
      drop(node);
    }
  }

  private void drop(PrefixNode node) {
    PrefixNode parent = node.parent();
    if (parent == null || !node.isLeaf() || node.inUse()) {
      throw new IllegalStateException("block " + node.block() + " is needed");
    }
    parent.remove(node);
    pool.release(node.block());
    forgetIfEmpty(parent);
  }

  private void forgetIfEmpty(PrefixNode node) {
    if (node.depth() == 0 && node.isLeaf() && !node.inUse()) {
      roots.remove(node.scope());
    }
  }
}
