package ai.kolm.artifact;

/** Adds up what several threads have done. */
final class ProgressCounter {
  private final Progress progress;
  private final long total;
  private long done;

  ProgressCounter(Progress progress, long total) {
    this.progress = progress;
    this.total = total;
  }

  synchronized void add(long bytes) {
    done += bytes;
    progress.advance(done, total);
  }
}
