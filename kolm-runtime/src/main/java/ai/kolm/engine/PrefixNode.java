package ai.kolm.engine;

import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A full block of the key-value cache in the tree of all that is computed, or the root of a scope,
 * which has no block. The path from the root spells the tokens that the block depends on. Nodes are
 * made and changed by the {@link PrefixCache} only.
 */
final class PrefixNode {
  private final CacheScope scope;
  private final @Nullable PrefixNode parent;
  private final int[] tokens;
  private final int block;
  private final int depth;

  /** By tokens in lexicographic order, where the nearest neighbours have the most in common. */
  private final NavigableMap<int[], PrefixNode> children = new TreeMap<>(Arrays::compare);

  /** How many sequences start with the path to here. */
  private int users;

  private PrefixNode(
      CacheScope scope, @Nullable PrefixNode parent, int[] tokens, int block, int depth) {
    this.scope = scope;
    this.parent = parent;
    this.tokens = tokens;
    this.block = block;
    this.depth = depth;
  }

  static PrefixNode root(CacheScope scope) {
    return new PrefixNode(scope, null, new int[0], -1, 0);
  }

  /** Adds a child; there must be none with these tokens. */
  PrefixNode add(int[] childTokens, int childBlock) {
    PrefixNode child = new PrefixNode(scope, this, childTokens, childBlock, depth + 1);
    if (children.putIfAbsent(childTokens, child) != null) {
      throw new IllegalStateException("the tokens of block " + childBlock + " have a block");
    }
    return child;
  }

  void remove(PrefixNode child) {
    children.remove(child.tokens, child);
  }

  CacheScope scope() {
    return scope;
  }

  /** What comes before; {@code null} for a root. */
  @Nullable PrefixNode parent() {
    return parent;
  }

  /** The block that holds keys and values of the tokens. */
  int block() {
    return block;
  }

  /** Blocks on the path, this one included; 0 for a root. */
  int depth() {
    return depth;
  }

  boolean isLeaf() {
    return children.isEmpty();
  }

  /** The child with exactly these tokens. */
  @Nullable PrefixNode child(int[] wanted) {
    return children.get(wanted);
  }

  /** The child that starts with most of {@code wanted}; {@code null} if none starts with any. */
  @Nullable PrefixNode nearest(int[] wanted) {
    Map.Entry<int[], PrefixNode> below = children.floorEntry(wanted);
    Map.Entry<int[], PrefixNode> above = children.ceilingEntry(wanted);
    PrefixNode left = below == null ? null : below.getValue();
    PrefixNode right = above == null ? null : above.getValue();
    PrefixNode best = common(left, wanted) > common(right, wanted) ? left : right;
    return common(best, wanted) == 0 ? null : best;
  }

  private static int common(@Nullable PrefixNode node, int[] wanted) {
    return node == null ? 0 : node.common(wanted);
  }

  /** How many tokens of {@code wanted} this one's tokens start with. */
  int common(int[] wanted) {
    int mismatch = Arrays.mismatch(tokens, wanted);
    return mismatch < 0 ? wanted.length : mismatch;
  }

  /** One user more; {@code true} if it is the first. */
  boolean take() {
    return users++ == 0;
  }

  /** One user less; {@code true} if it was the last. */
  boolean leave() {
    if (users == 0) {
      throw new IllegalStateException("block " + block + " is not in use");
    }
    return --users == 0;
  }

  boolean inUse() {
    return users > 0;
  }
}
