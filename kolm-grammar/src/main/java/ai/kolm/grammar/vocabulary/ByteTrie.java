package ai.kolm.grammar.vocabulary;

import java.util.Arrays;

/**
 * Byte strings as a trie in flat arrays, depth first: what is below a node follows it, up to {@link
 * #end}. The bytes that lead on from a node stand side by side ({@link #branches}), so that a walk
 * that refuses most of them touches nothing else.
 *
 * <p>Node 0 is the root. Immutable.
 */
public final class ByteTrie {
  private final byte[] labels;
  private final int[] keys;
  private final int[] ends;
  private final int[] keysBefore;
  private final short[] depths;
  private final int[] branches;
  private final byte[] branchLabels;
  private final int[] branchNodes;
  private final int keyCount;
  private final int height;

  /** Of sorted distinct {@code strings}; the key of a string is its place among them. */
  ByteTrie(byte[][] strings) {
    keyCount = strings.length;
    int nodes = 1;
    for (int i = 0; i < strings.length; i++) {
      nodes += strings[i].length - (i == 0 ? 0 : shared(strings[i - 1], strings[i]));
    }
    labels = new byte[nodes];
    keys = new int[nodes];
    ends = new int[nodes];
    depths = new short[nodes];
    Arrays.fill(keys, -1);
    height = maxLength(strings);
    int[] open = new int[height + 1];
    int size = 1;
    byte[] last = {};
    for (int i = 0; i < strings.length; i++) {
      byte[] string = strings[i];
      int common = i == 0 ? 0 : shared(last, string);
      for (int d = last.length; d > common; d--) {
        ends[open[d]] = size;
      }
      for (int d = common; d < string.length; d++) {
        labels[size] = string[d];
        depths[size] = (short) (d + 1);
        open[d + 1] = size++;
      }
      keys[open[string.length]] = i;
      last = string;
    }
    for (int d = last.length; d >= 0; d--) {
      ends[open[d]] = size;
    }
    keysBefore = new int[nodes + 1];
    for (int node = 0; node < nodes; node++) {
      keysBefore[node + 1] = keysBefore[node] + (keys[node] >= 0 ? 1 : 0);
    }
    branches = new int[nodes + 1];
    branchLabels = new byte[nodes - 1];
    branchNodes = new int[nodes - 1];
    putBranches(nodes);
  }

  private void putBranches(int nodes) {
    int branch = 0;
    for (int node = 0; node < nodes; node++) {
      branches[node] = branch;
      for (int child = node + 1; child < ends[node]; child = ends[child]) {
        branchLabels[branch] = labels[child];
        branchNodes[branch++] = child;
      }
    }
    branches[nodes] = branch;
  }

  private static int shared(byte[] a, byte[] b) {
    int mismatch = Arrays.mismatch(a, b);
    return mismatch < 0 ? a.length : mismatch;
  }

  private static int maxLength(byte[][] strings) {
    int max = 0;
    for (byte[] string : strings) {
      max = Math.max(max, string.length);
    }
    if (max > Short.MAX_VALUE) {
      throw new IllegalArgumentException("a token of %,d bytes".formatted(max));
    }
    return max;
  }

  /** The number of nodes, the root included. */
  public int size() {
    return labels.length;
  }

  /** The number of strings; keys are below this. */
  public int keys() {
    return keyCount;
  }

  /** The length of the longest string. */
  public int height() {
    return height;
  }

  /** The byte on the way to a node, 0 to 255. */
  public int label(int node) {
    return labels[node] & 0xFF;
  }

  /** The string that ends at a node, by its place; -1 if none does. */
  public int key(int node) {
    return keys[node];
  }

  /** How many strings end at nodes before this one: the least key at or below it. */
  public int keysBefore(int node) {
    return keysBefore[node];
  }

  /** The node behind the subtree of a node. */
  public int end(int node) {
    return ends[node];
  }

  /** The first branch of a node; its last is the one before the next node's first. */
  public int branches(int node) {
    return branches[node];
  }

  /** The byte of a branch, 0 to 255. */
  public int branchLabel(int branch) {
    return branchLabels[branch] & 0xFF;
  }

  /** Where a branch leads. */
  public int branchNode(int branch) {
    return branchNodes[branch];
  }

  /** Bytes from the root to a node. */
  public int depth(int node) {
    return depths[node];
  }
}
