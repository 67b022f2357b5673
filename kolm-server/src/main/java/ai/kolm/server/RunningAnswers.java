package ai.kolm.server;

import ai.kolm.chat.AnswerStream;
import ai.kolm.server.RefusedException.Reason;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/** The answers being made, so that the server can wait for them, or end them, when it closes. */
final class RunningAnswers {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition fewer = lock.newCondition();
  private final Map<Object, Runnable> streams = new HashMap<>();
  private int requests;
  private boolean closing;

  /** Counts {@code stream} until {@link #remove}. */
  void add(AnswerStream stream) throws RefusedException {
    add(stream, stream::close);
  }

  /** Counts {@code answer} until {@link #remove}; {@code cancel} ends it where it is. */
  void add(Object answer, Runnable cancel) throws RefusedException {
    lock.lock();
    try {
      checkOpen();
      streams.put(answer, cancel);
    } finally {
      lock.unlock();
    }
  }

  void remove(Object answer) {
    lock.lock();
    try {
      streams.remove(answer);
      fewer.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A request is being handled, until {@link #leave}: till its answer or refusal is written. */
  void enter() {
    lock.lock();
    try {
      requests++;
    } finally {
      lock.unlock();
    }
  }

  void leave() {
    lock.lock();
    try {
      requests--;
      fewer.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Refuses what comes too late. */
  void checkOpen() throws RefusedException {
    if (isClosing()) {
      throw closing();
    }
  }

  /** What is said to whom the server has no time for any more. */
  static RefusedException closing() {
    return new RefusedException(Reason.CLOSING, "The server is shutting down.");
  }

  boolean isClosing() {
    lock.lock();
    try {
      return closing;
    } finally {
      lock.unlock();
    }
  }

  /** From now on, no answer is begun. */
  void startClosing() {
    lock.lock();
    try {
      closing = true;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all answers are complete, but not longer than {@code time}. */
  void await(Duration time) {
    await(time, streams::isEmpty);
  }

  /**
   * Waits until clients have been told how their requests ended, but not longer than {@code time}.
   */
  void awaitRequests(Duration time) {
    await(time, () -> requests == 0);
  }

  private void await(Duration time, BooleanSupplier done) {
    lock.lock();
    try {
      long left = time.toNanos();
      while (!done.getAsBoolean() && left > 0) {
        left = fewer.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Ends all answers where they are. */
  void cancelAll() {
    lock.lock();
    try {
      streams.values().forEach(Runnable::run);
    } finally {
      lock.unlock();
    }
  }
}
