package ai.kolm.artifact;

/** Told how far a long step is, for a progress bar. */
@FunctionalInterface
public interface Progress {
  /** Nobody wants to know. */
  Progress NONE = (done, total) -> {};

  /**
   * Called after about every 4 MiB, from one thread at a time, with a {@code done} that never gets
   * smaller; the last call has {@code done == total}. Should return at once.
   *
   * @param done bytes so far
   * @param total bytes in all
   */
  void advance(long done, long total);
}
