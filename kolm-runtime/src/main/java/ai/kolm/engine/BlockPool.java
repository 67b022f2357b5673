package ai.kolm.engine;

/**
 * The blocks of the key-value cache: which are free.
 *
 * <p>For one thread at a time.
 */
final class BlockPool {
  private final boolean[] taken;
  private final int[] free;
  private int freeCount;

  /**
   * @param size ids are below this
   */
  BlockPool(int size) {
    taken = new boolean[size];
    free = new int[size];
    for (int block = size - 1; block >= 0; block--) {
      free[freeCount++] = block;
    }
  }

  int size() {
    return taken.length;
  }

  int free() {
    return freeCount;
  }

  /** Takes a free block. */
  int allocate() {
    if (freeCount == 0) {
      throw new IllegalStateException("all %d blocks are in use".formatted(size()));
    }
    int block = free[--freeCount];
    taken[block] = true;
    return block;
  }

  /** Makes a block free again. */
  void release(int block) {
    if (!taken[block]) {
      throw new IllegalStateException("block %d is not in use".formatted(block));
    }
    taken[block] = false;
    free[freeCount++] = block;
  }
}
