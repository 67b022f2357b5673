package ai.kolm.kernels.x86;

/** Code that takes the address of its parameters and returns nothing. */
public interface Routine {
  /**
   * Runs the code. It reads and writes whatever its parameters point to: the caller has checked
   * them.
   *
   * @param parameters address of its parameters
   */
  void call(long parameters);
}
