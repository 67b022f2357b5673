package ai.kolm.tokenizer;

import java.util.Arrays;

/**
 * Merges a word of any length in O(n log n): see {@link BytePairEncoding}. A heap entry is a rank
 * and a place; it is stale, and passed over, when the pair at that place has changed since.
 */
final class LongWord {
  private final int[] ids;
  private final int count;
  private final MergeTable merges;
  private final int[] next;
  private final int[] previous;

  /** The merge of the pair that starts at a place; {@link MergeTable#NONE} if there is none. */
  private final long[] found;

  private long[] heap;
  private int size;

  LongWord(int[] ids, int count, MergeTable merges) {
    this.ids = ids;
    this.count = count;
    this.merges = merges;
    next = new int[count];
    previous = new int[count];
    found = new long[count];
    heap = new long[count];
  }

  /** Merges in place; returns how many ids remain. */
  int merge() {
    for (int i = 0; i < count; i++) {
      next[i] = i + 1 < count ? i + 1 : -1;
      previous[i] = i - 1;
      look(i);
    }
    while (size > 0) {
      long entry = pop();
      int at = (int) entry;
      if (found[at] != MergeTable.NONE && found[at] >>> Integer.SIZE == entry >>> Integer.SIZE) {
        mergeAt(at);
      }
    }
    int kept = 0;
    for (int at = 0; at >= 0; at = next[at]) {
      ids[kept++] = ids[at];
    }
    return kept;
  }

  private void mergeAt(int at) {
    int gone = next[at];
    ids[at] = (int) found[at];
    found[gone] = MergeTable.NONE;
    next[at] = next[gone];
    if (next[at] >= 0) {
      previous[next[at]] = at;
    }
    if (previous[at] >= 0) {
      look(previous[at]);
    }
    look(at);
  }

  private void look(int at) {
    found[at] = next[at] < 0 ? MergeTable.NONE : merges.find(ids[at], ids[next[at]]);
    if (found[at] != MergeTable.NONE) {
      push((found[at] & ~0xFFFF_FFFFL) | at);
    }
  }

  private void push(long entry) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, 2 * size);
    }
    int at = size++;
    while (at > 0) {
      int parent = (at - 1) >>> 1;
      if (heap[parent] <= entry) {
        break;
      }
      heap[at] = heap[parent];
      at = parent;
    }
    heap[at] = entry;
  }

  private long pop() {
    long top = heap[0];
    long last = heap[--size];
    int at = 0;
    while (2 * at + 1 < size) {
      int child = 2 * at + 1;
      if (child + 1 < size && heap[child + 1] < heap[child]) {
        child++;
      }
      if (last <= heap[child]) {
        break;
      }
      heap[at] = heap[child];
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
