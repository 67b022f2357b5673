package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkerPoolTest {
  /** More workers than cores, too: some of them have lost theirs most of the time. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void everyTaskIsDoneOnce(int size) {
    try (WorkerPool pool = new WorkerPool(size)) {
      for (int region = 0; region < 3_000; region++) {
        int count = region % 41;
        AtomicIntegerArray done = new AtomicIntegerArray(count + 1);
        pool.run(
            count,
            (task, worker) -> {
              assertTrue(worker >= 0 && worker < size, "worker " + worker);
              done.incrementAndGet(task);
            });
        for (int task = 0; task < count; task++) {
          assertEquals(1, done.get(task), "task %d of %d".formatted(task, count));
        }
        assertEquals(0, done.get(count), "a task after the last one");
      }
    }
  }

  /** A worker keeps to tasks that follow each other while others have their own to do. */
  @Test
  void theCallerBeginsWithTheFirstTask() {
    try (WorkerPool pool = new WorkerPool(2)) {
      for (int region = 0; region < 1_000; region++) {
        AtomicInteger last = new AtomicInteger(-1);
        pool.run(
            64,
            (task, worker) -> {
              if (worker == 0 && task < 32) {
                assertTrue(task > last.getAndSet(task), "task " + task + " after " + last);
              }
            });
      }
    }
  }

  /** As if another process had the core of a worker, which then gets it back. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whenAWorkerStallsOneSitsOutForAWhile(int stalling) {
    try (WorkerPool pool = new WorkerPool(2)) {
      AtomicInteger millis = new AtomicInteger(5);
      AtomicInteger byOther = new AtomicInteger();
      WorkerPool.Work work =
          (task, worker) -> {
            if (worker == 1) {
              byOther.incrementAndGet();
            }
            // No sleep of 0: that yields, and on a busy machine every task would seem a long one.
            if (worker == stalling && task % 8 == 4 && millis.get() > 0) {
              sleep(millis.get());
            }
          };
      int regions = 0;
      for (int alone = 0; alone < 2; regions++) {
        assertTrue(regions < 1_000, "nobody sat out");
        byOther.set(0);
        pool.run(16, work);
        alone = byOther.get() == 0 ? alone + 1 : 0;
      }
      millis.set(0);
      byOther.set(0);
      long end = System.nanoTime() + 30_000_000_000L;
      while (byOther.get() == 0) {
        assertTrue(System.nanoTime() < end, "worker 1 never came back");
        pool.run(16, work);
      }
    }
  }

  private static void sleep(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aFailureIsThrownAndThePoolGoesOn() {
    try (WorkerPool pool = new WorkerPool(3)) {
      for (int region = 0; region < 500; region++) {
        int bad = region % 20;
        IllegalStateException thrown =
            assertThrows(
                IllegalStateException.class,
                () ->
                    pool.run(
                        20,
                        (task, _) -> {
                          if (task == bad) {
                            throw new IllegalStateException("task " + task);
                          }
                        }));
        assertEquals("task " + bad, thrown.getMessage());
        AtomicInteger done = new AtomicInteger();
        pool.run(20, (_, _) -> done.incrementAndGet());
        assertEquals(20, done.get());
      }
    }
  }

  @Test
  void thereIsNoPoolOfNobody() {
    assertThrows(IllegalArgumentException.class, () -> new WorkerPool(0));
  }
}
