package ai.kolm.tokenizer;

import java.util.Arrays;

/**
 * Byte strings as a tree: nodes are numbers, the root is 0, and a hash table leads from a node and
 * a byte to the next node. Immutable once built.
 */
final class ByteTrie {
  /** No node, no value. */
  static final int NONE = -1;

  private static final int ROOT = 0;

  private long[] edges = new long[64];
  private int[] children = new int[64];
  private int[] values = new int[32];
  private int nodes = 1;

  ByteTrie() {
    Arrays.fill(edges, NONE);
    Arrays.fill(values, NONE);
  }

  /** Adds a key unless it is there; returns the value it has. */
  int add(byte[] key, int value) {
    int node = ROOT;
    for (byte b : key) {
      node = grow(node, b);
    }
    if (values[node] == NONE) {
      values[node] = value;
    }
    return values[node];
  }

  /** The node below {@code node} by one byte; {@link #NONE} if there is none. */
  int child(int node, byte b) {
    int slot = slot(edge(node, b));
    return edges[slot] == NONE ? NONE : children[slot];
  }

  /** The value of the key that ends at a node; {@link #NONE} if none does. */
  int value(int node) {
    return values[node];
  }

  private int grow(int node, byte b) {
    long edge = edge(node, b);
    int slot = slot(edge);
    if (edges[slot] == edge) {
      return children[slot];
    }
    if (2 * nodes > edges.length) {
      rehash();
      slot = slot(edge);
    }
    edges[slot] = edge;
    children[slot] = nodes;
    if (nodes == values.length) {
      values = Arrays.copyOf(values, 2 * nodes);
      Arrays.fill(values, nodes, values.length, NONE);
    }
    return nodes++;
  }

  private void rehash() {
    long[] oldEdges = edges;
    int[] oldChildren = children;
    edges = new long[2 * oldEdges.length];
    children = new int[edges.length];
    Arrays.fill(edges, NONE);
    for (int i = 0; i < oldEdges.length; i++) {
      if (oldEdges[i] != NONE) {
        int slot = slot(oldEdges[i]);
        edges[slot] = oldEdges[i];
        children[slot] = oldChildren[i];
      }
    }
  }

  private static long edge(int node, byte b) {
    return (long) node << Byte.SIZE | (b & 0xFF);
  }

  private int slot(long edge) {
    int mask = edges.length - 1;
    int slot = (int) ((edge * 0x9E3779B97F4A7C15L) >>> 32) & mask;
    while (edges[slot] != NONE && edges[slot] != edge) {
      slot = slot + 1 & mask;
    }
    return slot;
  }
}
