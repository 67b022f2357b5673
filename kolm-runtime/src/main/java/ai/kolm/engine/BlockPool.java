package ai.kolm.engine;

/**
 * The blocks of the key-value cache: which are free, and how many sequences use each of the others.
 * A full block never changes, so sequences that start with the same tokens can share it.
 *
 * <p>For one thread at a time.
 */
final class BlockPool {
  private final int[] users;
  private final int[] free;
  private int freeCount;

  /**
   * @param size ids are below this
   */
  BlockPool(int size) {
    users = new int[size];
    free = new int[size];
    for (int block = size - 1; block >= 0; block--) {
      free[freeCount++] = block;
    }
  }

  int size() {
    return users.length;
  }

  int free() {
    return freeCount;
  }

  /** A free block, for one user. */
  int allocate() {
    if (freeCount == 0) {
      throw new IllegalStateException("all %d blocks are in use".formatted(size()));
    }
    int block = free[--freeCount];
    users[block] = 1;
    return block;
  }

  /** One more user of a block in use. */
  void share(int block) {
    checkInUse(block);
    users[block]++;
  }

  /** One user less; without users the block is free. */
  void release(int block) {
    checkInUse(block);
    if (--users[block] == 0) {
      free[freeCount++] = block;
    }
  }

  private void checkInUse(int block) {
    if (users[block] == 0) {
      throw new IllegalStateException("block %d is not in use".formatted(block));
    }
  }
}
