package ai.kolm.kernels;

import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLongArray;
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
 * <p>A worker that loses its core within a task makes all others wait until the system gives it
 * back, milliseconds later. Beside another process that happens again and again; one worker fewer
 * is faster then. So one that has kept the others waiting twice in a short time, or that has waited
 * for the caller so often, sits out for some tens of milliseconds, longer if that happens again. So
 * does one that again and again gets the caller's own core: woken there, it does the tasks that the
 * caller is about to do, looks in vain for more, sleeps, and is woken again. Results do not depend
 * on any of this.
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

  /**
   * The others have waited for a worker: at least so long, and for some tasks' time. Systems give a
   * core away for some milliseconds; a region whose tasks differ makes others wait for less.
   */
  private static final long STALL_NANOS = 1_000_000;

  private static final int STALL_TASKS = 4;

  /**
   * A worker that is woken takes the caller's core for a while, even where another is free: ten to
   * forty regions later the system has moved it there. So often in {@link #STALLS_APART_NANOS} says
   * that none is free.
   */
  private static final int DISPLACED = 48;

  /** Stalls that lie so near to each other are no accident. */
  private static final long STALLS_APART_NANOS = 50_000_000;

  /** As long as the own process needs a core to write what streams get. */
  private static final long REST_NANOS = 5_000_000;

  /**
   * One who needs a core all the time is felt as soon as a rest has ended: then the next is longer.
   */
  private static final long AGAIN_NANOS = 2 * REST_NANOS;

  private static final long LONGEST_REST_NANOS = 32 * REST_NANOS;

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

  /** 1 for a worker that runs tasks, {@link #APART} from each other. */
  private final AtomicIntegerArray inside;

  /** 1 for a worker that sits out. */
  private final AtomicIntegerArray resting;

  /** Since when a worker has slept in an open region, by System.nanoTime; 0: it has not. */
  private final AtomicLongArray idleSince;

  /** What a task of the last region took a worker. */
  private final AtomicLongArray taskNanos;

  /**
   * How many tasks of this region a worker has done, once it is not inside any more: {@link #epoch}
   * and {@link #inside} publish it.
   */
  private final int[] tasksDone;

  // Of each worker, times by System.nanoTime; only the caller of run looks at them.
  private final boolean[] woken;
  private final int[] displaced;
  private final long[] displacedSince;
  private final long[] lastStall;
  private final long[] restEnd;
  private final long[] rest;

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
    inside = new AtomicIntegerArray((size + 1) * APART);
    resting = new AtomicIntegerArray(size);
    idleSince = new AtomicLongArray(size);
    taskNanos = new AtomicLongArray(size);
    tasksDone = new int[size];
    woken = new boolean[size];
    displaced = new int[size];
    displacedSince = new long[size];
    lastStall = new long[size];
    restEnd = new long[size];
    rest = new long[size];
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
    long start = System.nanoTime();
    call(start);
    int done = take(0);
    epoch = ++turn;
    leave(done, System.nanoTime() - start);
    work = NOTHING;
    rethrow();
  }

  /** Opens the region, and wakes who is to take part in it and sleeps. */
  private void call(long now) {
    for (int worker = 1; worker < size(); worker++) {
      if (resting.get(worker) != 0 && now - restEnd[worker] >= 0) {
        resting.set(worker, 0);
      }
      woken[worker] = sleeps(worker);
      tasksDone[worker] = 0;
    }
    epoch = ++turn;
    for (int worker = 1; worker < size(); worker++) {
      if (sleeps(worker)) {
        LockSupport.unpark(threads[worker - 1]);
      }
    }
  }

  /** Whether a worker has to be woken to take part. */
  private boolean sleeps(int worker) {
    return parked.get(worker) != 0 && resting.get(worker) == 0;
  }

  /**
   * Waits for the workers inside, which are so only while they run a task that they have taken. One
   * that takes long has lost its core to another process: this one is left to it.
   *
   * @param done the tasks that the caller did
   * @param nanos that they took
   */
  private void leave(int done, long nanos) {
    for (int worker = 1; worker < size(); worker++) {
      if (inside.get(counter(worker)) != 0) {
        await(worker, patience(nanos / Math.max(1, done)));
      } else if (idleSince.get(worker) != 0) {
        noteIfLong(worker, idleSince.getAndSet(worker, 0), patience(taskNanos.get(worker)));
      }
      if (done == 0 && woken[worker] && tasksDone[worker] > 0) {
        noteDisplaced(worker, System.nanoTime());
      }
    }
  }

  private static long patience(long nanosPerTask) {
    return Math.max(STALL_NANOS, STALL_TASKS * nanosPerTask);
  }

  private void await(int worker, long patience) {
    long start = System.nanoTime();
    for (int spins = 0; inside.get(counter(worker)) != 0; spins++) {
      if (spins < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(this, PAUSE_NANOS);
      }
    }
    noteIfLong(worker, start, patience);
  }

  /** Lets a worker rest, because it or the caller has stalled since {@code start}, not for once. */
  private void noteIfLong(int worker, long start, long patience) {
    long now = System.nanoTime();
    if (now - start <= patience) {
      return;
    }
    if (now - lastStall[worker] < STALLS_APART_NANOS && lastStall[worker] != 0) {
      rest(worker, start, now);
    } else {
      lastStall[worker] = now;
    }
  }

  /** The caller did nothing, and a worker that it had woken did: lets it rest if that goes on. */
  private void noteDisplaced(int worker, long now) {
    if (now - displacedSince[worker] > STALLS_APART_NANOS) {
      displacedSince[worker] = now;
      displaced[worker] = 0;
    }
    if (++displaced[worker] == DISPLACED) {
      rest(worker, displacedSince[worker], now);
    }
  }

  /** Lets a worker rest, longer than last time if there was cause soon after its end. */
  private void rest(int worker, long cause, long now) {
    boolean again = rest[worker] != 0 && cause - restEnd[worker] < AGAIN_NANOS;
    rest[worker] = again ? Math.min(2 * rest[worker], LONGEST_REST_NANOS) : REST_NANOS;
    restEnd[worker] = now + rest[worker];
    resting.set(worker, 1);
    lastStall[worker] = restEnd[worker];
    displacedSince[worker] = restEnd[worker];
    displaced[worker] = 0;
  }

  private void serve(int worker) {
    int seen = 0;
    int spins = 0;
    while (!closed) {
      int now = epoch;
      if (now != seen && (now & 1) == 1) {
        if (resting.get(worker) == 0) {
          enter(worker, now);
        }
        seen = now;
        spins = 0;
      } else if (++spins < SPINS && resting.get(worker) == 0) {
        Thread.onSpinWait();
      } else {
        if (epoch == now && now == seen && (now & 1) == 1) {
          idleSince.set(worker, System.nanoTime());
        }
        parked.set(worker, 1);
        if ((epoch == now || resting.get(worker) != 0) && !closed) {
          LockSupport.park(this);
        }
        parked.set(worker, 0);
        spins = 0;
      }
    }
  }

  /** Takes part in the region of epoch {@code now}, unless it has ended in the meantime. */
  private void enter(int worker, int now) {
    inside.set(counter(worker), 1);
    if (epoch == now) {
      idleSince.set(worker, 0);
      long start = System.nanoTime();
      int done = take(worker);
      taskNanos.set(worker, (System.nanoTime() - start) / Math.max(1, done));
      tasksDone[worker] = done;
    }
    inside.set(counter(worker), 0);
  }

  /** Does what is left of the own share, then of those that follow it; returns how many tasks. */
  private int take(int worker) {
    Work current = work;
    int count = tasks;
    int done = 0;
    try {
      for (int i = 0; i < size(); i++) {
        int share = (worker + i) % size();
        int counter = counter(share);
        int end = first(share + 1, count);
        for (int task = next.getAndIncrement(counter); task < end; ) {
          current.run(task, worker);
          done++;
          task = next.getAndIncrement(counter);
        }
      }
    } catch (Throwable e) { // handed to the caller of run
      failure = e;
      for (int share = 0; share < size(); share++) {
        next.set(counter(share), count);
      }
    }
    return done;
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
