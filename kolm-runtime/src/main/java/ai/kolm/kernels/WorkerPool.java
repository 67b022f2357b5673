package ai.kolm.kernels;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A fixed team of platform threads that share the tasks of one parallel region after the other. The
 * calling thread is worker 0.
 *
 * <p>A token has hundreds of regions of some microseconds each, so handing one out must cost well
 * under a microsecond: workers watch an epoch counter, spinning for a short while after each region
 * and parking when nothing follows.
 *
 * <p>Each worker starts on a share of its own, tasks that follow each other, so that what it
 * fetches ahead of a task that reads memory is what it reads next. Who is through with the own
 * share takes from those of the others, task by task: a worker that has lost its core does fewer,
 * and a region that is finished by the others does not wait for a worker that never arrived.
 *
 * <p>One region at a time: {@link #run} must not be called by two threads at once.
 */
public final class WorkerPool implements AutoCloseable {

  /** One region's work. */
  public interface Work {
    /**
     * Does task {@code task}. The assignment of tasks to workers varies from run to run, so results
     * must not depend on it.
     *
     * @param task 0-based
     * @param worker 0-based, below {@link WorkerPool#size()}: for scratch memory of its own
     */
    void run(int task, int worker);
  }

  /** Polls of the epoch before a worker parks: some 50 to 200 microseconds. */
  private static final int SPINS = 4_000;

  /** How long a core is left to whoever may need it to finish a task. */
  private static final long PAUSE_NANOS = 20_000;

  /** Between the counters of two shares, so that no two lie in lines that are fetched together. */
  private static final int APART = 128 / Integer.BYTES;

  private static final Work NOTHING = (_, _) -> {};

  private final Thread[] threads;

  /**
   * 1 for a worker that has parked or is about to: it looks at the epoch once more after saying so.
   */
  private final AtomicIntegerArray parked;

  /** Odd while a region is open. Workers enter only an open one. */
  private volatile int epoch;

  /** What {@link #epoch} was set to last; only the caller of {@link #run} counts. */
  private int turn;

  private volatile boolean closed;

  /** The next task of every share, {@link #APART} from each other. */
  private final AtomicIntegerArray next;

  private final AtomicInteger inside = new AtomicInteger();
  private volatile @Nullable Throwable failure;

  // Written before the epoch that publishes them.
  private Work work = NOTHING;
  private int tasks;

  /**
   * A pool of {@code size} workers, the caller included.
   *
   * @throws IllegalArgumentException if {@code size} is below 1
   */
  public WorkerPool(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("a pool of " + size + " workers");
    }
    threads = new Thread[size - 1];
    parked = new AtomicIntegerArray(size);
    next = new AtomicIntegerArray((size + 1) * APART);
    for (int i = 0; i < threads.length; i++) {
      int worker = i + 1;
      threads[i] =
          Thread.ofPlatform().daemon().name("kolm-worker-" + worker).start(() -> serve(worker));
    }
  }

  /** The number of workers, the caller included. */
  public int size() {
    return threads.length + 1;
  }

  /**
   * Runs tasks 0 to {@code count - 1} and returns when all are done. What a task throws is thrown
   * here after the region has ended.
   */
  public void run(int count, Work newWork) {
    if (count == 1 || threads.length == 0) {
      for (int task = 0; task < count; task++) {
        newWork.run(task, 0);
      }
      return;
    }
    work = newWork;
    tasks = count;
    for (int share = 0; share < size(); share++) {
      next.set(counter(share), first(share, count));
    }
    epoch = ++turn;
    for (int i = 0; i < threads.length; i++) {
      if (parked.get(i + 1) != 0) {
        LockSupport.unpark(threads[i]);
      }
    }
    take(0);
    epoch = ++turn;
    leave();
    work = NOTHING;
    rethrow();
  }

  /**
   * Waits for the workers inside, which are so only while they run a task that they have taken. One
   * that takes long has lost its core to another process: this one is left to it.
   */
  private void leave() {
    for (int spins = 0; inside.get() != 0; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
  }

  private void serve(int worker) {
    int seen = 0;
    int spins = 0;
    while (!closed) {
      int now = epoch;
      if (now != seen && (now & 1) == 1) {
        enter(worker, now);
        seen = now;
        spins = 0;
      } else if (++spins < SPINS) {
        Thread.onSpinWait();
      } else {
        parked.set(worker, 1);
        if (epoch == now && !closed) {
          LockSupport.park(this);
        }
        parked.set(worker, 0);
        spins = 0;
      }
    }
  }

  /** Takes part in the region of epoch {@code now}, unless it has ended in the meantime. */
  private void enter(int worker, int now) {
    inside.incrementAndGet();
    if (epoch == now) {
      take(worker);
    }
    inside.decrementAndGet();
  }

  /** Does what is left of the own share, then of those that follow it. */
  private void take(int worker) {
    Work current = work;
    int count = tasks;
    try {
      for (int i = 0; i < size(); i++) {
        int share = (worker + i) % size();
        int counter = counter(share);
        int end = first(share + 1, count);
        for (int task = next.getAndIncrement(counter); task < end; ) {
          current.run(task, worker);
          task = next.getAndIncrement(counter);
        }
      }
    } catch (Throwable e) { // handed to the caller of run
      failure = e;
      for (int share = 0; share < size(); share++) {
        next.set(counter(share), count);
      }
    }
  }

  private static int counter(int share) {
    return (share + 1) * APART;
  }

  /** The first task of a share; the one after the last of the share before. */
  private int first(int share, int count) {
    return (int) ((long) count * share / size());
  }

  private void rethrow() {
    Throwable e = failure;
    if (e == null) {
      return;
    }
    failure = null;
    switch (e) {
      case RuntimeException runtime -> throw runtime;
      case Error error -> throw error;
      default -> throw new IllegalStateException(e);
    }
  }

  /** Ends the threads. */
  @Override
  public void close() {
    closed = true;
    for (Thread thread : threads) {
      LockSupport.unpark(thread);
    }
  }
}
