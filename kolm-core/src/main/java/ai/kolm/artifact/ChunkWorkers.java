package ai.kolm.artifact;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Runs numbered pieces of work on a few threads. Pieces are taken in order, so when some fail the
 * first of them is among those that ran: what is reported does not depend on the threads.
 *
 * <p>The work is never done by the calling thread: an interrupt of a thread that reads a file
 * channel would close the channel. An interrupted caller stops the workers instead.
 */
final class ChunkWorkers {

  /** One piece. */
  interface Work {
    /**
     * @param hasher of the thread
     */
    void run(long index, ChunkHasher hasher) throws IOException, ArtifactException;
  }

  private final long count;
  private final Work work;
  private final AtomicLong next = new AtomicLong();
  private final List<Thread> threads = new ArrayList<>();
  private final BitSet done = new BitSet();
  private long failedIndex = Long.MAX_VALUE;
  private boolean stopped;
  private @Nullable Throwable failure;

  private ChunkWorkers(long count, Work work) {
    this.count = count;
    this.work = work;
  }

  /**
   * Runs {@code work} for 0 to {@code count - 1} and returns when all are done.
   *
   * @throws IOException if the work does, or the calling thread is interrupted
   */
  static void run(long count, int threads, Work work) throws IOException, ArtifactException {
    start(count, threads, work).finish();
  }

  /** Begins to run {@code work} for 0 to {@code count - 1}; {@link #finish} or {@link #stop} it. */
  static ChunkWorkers start(long count, int threads, Work work) {
    if (threads < 1) {
      throw new IllegalArgumentException("expected at least one thread, got " + threads);
    }
    ChunkWorkers workers = new ChunkWorkers(count, work);
    for (int i = 0; i < Math.min(threads, count); i++) {
      workers.threads.add(Thread.ofPlatform().name("kolm-hash-" + i).daemon().start(workers::loop));
    }
    return workers;
  }

  /**
   * Waits until all pieces are done.
   *
   * @throws IOException if the work does, or it was stopped before all were done, also by an
   *     interrupt of the calling thread: nothing runs then
   */
  void finish() throws IOException, ArtifactException {
    boolean interrupted = false;
    for (Thread thread : threads) {
      interrupted |= join(thread);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while hashing");
    }
    rethrow();
  }

  /**
   * Waits until the pieces from {@code first} to {@code last} are done.
   *
   * @throws IOException if any piece fails, as {@link #finish}
   */
  void await(int first, int last) throws IOException, ArtifactException {
    synchronized (this) {
      while (failure == null && !stopped && done.nextClearBit(first) <= last) {
        try {
          wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InterruptedIOException("interrupted while hashing");
        }
      }
      if (failure == null && done.nextClearBit(first) > last) {
        return;
      }
    }
    finish();
  }

  /** Lets no further piece begin; returns when those that have begun are done. */
  void stop() {
    halt();
    boolean interrupted = false;
    for (Thread thread : threads) {
      interrupted |= join(thread);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until {@code thread} has ended; returns whether the caller was interrupted meanwhile. */
  private boolean join(Thread thread) {
    boolean interrupted = false;
    while (true) {
      try {
        thread.join();
        return interrupted;
      } catch (InterruptedException e) {
        interrupted = true;
        halt();
      }
    }
  }

  private void loop() {
    ChunkHasher hasher = new ChunkHasher();
    for (long i = next.getAndIncrement(); i < count; i = next.getAndIncrement()) {
      try {
        work.run(i, hasher);
        succeed(i);
      } catch (Throwable e) {
        fail(i, e);
        return;
      }
    }
  }

  private synchronized void halt() {
    next.set(count);
    stopped = true;
    notifyAll();
  }

  private synchronized void succeed(long index) {
    done.set(Math.toIntExact(index));
    notifyAll();
  }

  private synchronized void fail(long index, Throwable e) {
    next.set(count);
    if (index < failedIndex) {
      failedIndex = index;
      failure = e;
    }
    notifyAll();
  }

  private synchronized void rethrow() throws IOException, ArtifactException {
    switch (failure) {
      case null -> {
        if (done.cardinality() < count) {
          throw new InterruptedIOException("stopped before all was hashed");
        }
      }
      case IOException e -> throw e;
      case ArtifactException e -> throw e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case Throwable e -> throw new IllegalStateException(e);
    }
  }
}
