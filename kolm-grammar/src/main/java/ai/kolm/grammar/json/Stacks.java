package ai.kolm.grammar.json;

import ai.kolm.grammar.automaton.IntArrays;

/**
 * Interned stacks of open objects and arrays, as linked frames. 0 is the empty stack; equal stacks
 * have equal numbers.
 */
final class Stacks {
  static final int EMPTY = 0;

  private static final int PARENT = 0;
  private static final int DEPTH = 1;
  private static final int ARRAY = 2;
  private static final int STATE = 3;
  private static final int VALUE = 4;
  private static final int OTHERS = 5;

  private final IntArrays frames = new IntArrays();

  /**
   * The stack with one frame more.
   *
   * @param state of the object or array
   * @param value what has been written of it, where that is followed
   * @param others the values that it must become none of
   */
  int push(int parent, boolean array, int state, int value, int others) {
    return frames.intern(
        new int[] {parent, depth(parent) + 1, array ? 1 : 0, state, value, others});
  }

  int parent(int stack) {
    return frames.get(stack)[PARENT];
  }

  boolean isArray(int stack) {
    return stack != EMPTY && frames.get(stack)[ARRAY] != 0;
  }

  boolean isObject(int stack) {
    return stack != EMPTY && frames.get(stack)[ARRAY] == 0;
  }

  /** The state of the innermost object or array. */
  int state(int stack) {
    return frames.get(stack)[STATE];
  }

  int value(int stack) {
    return frames.get(stack)[VALUE];
  }

  int others(int stack) {
    return frames.get(stack)[OTHERS];
  }

  int depth(int stack) {
    return stack == EMPTY ? 0 : frames.get(stack)[DEPTH];
  }

  /** An estimate of the memory taken, in bytes. */
  long bytes() {
    return frames.bytes();
  }
}
