package ai.kolm.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The events of one request, pulled by its reader as they come:
 *
 * <pre>{@code
 * try (TokenStream stream = engine.submit(request)) {
 *   for (GenerationEvent event = stream.next(); event != null; event = stream.next()) {
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>The stream holds a bounded number of events. When it is full, the answers pause until the
 * reader has emptied half of it; nothing else waits for a slow reader. A stream that is neither
 * read nor closed stays in memory.
 *
 * <p>Safe for use by many threads; meant for one reader, who may be a virtual thread.
 */
public final class TokenStream implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Deque<GenerationEvent> events = new ArrayDeque<>();
  private final int capacity;
  private final Runnable onRoom;
  private boolean stalled;
  private boolean closed;
  private boolean ended;
  private @Nullable EngineException failure;
  private @Nullable Runnable onClose;

  /**
   * @param capacity the events held before the stream is stalled
   * @param onRoom called, on the reader's thread, when a stalled stream has room again
   */
  TokenStream(int capacity, Runnable onRoom) {
    this.capacity = capacity;
    this.onRoom = onRoom;
  }

  /** What {@link #close} does; to be set before the stream is given away. */
  void onClose(Runnable action) {
    onClose = action;
  }

  /**
   * Waits for the next event; {@code null} after the last one. A thread that is interrupted, before
   * or while it waits, closes the stream and stays interrupted.
   *
   * @throws EngineException if the request failed; what came before is delivered first
   */
  public @Nullable GenerationEvent next() {
    if (Thread.currentThread().isInterrupted()) {
      close();
    }
    GenerationEvent event;
    boolean room;
    lock.lock();
    try {
      await();
      event = events.poll();
      if (event == null && failure != null) {
        throw failure;
      }
      room = stalled && events.size() <= capacity / 2;
      if (room) {
        stalled = false;
      }
    } finally {
      lock.unlock();
    }
    if (room) {
      onRoom.run();
    }
    return event;
  }

  private void await() {
    boolean interrupted = false;
    while (events.isEmpty() && !ended) {
      try {
        arrived.await();
      } catch (InterruptedException e) {
        interrupted = true;
        close();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Stops generating, at the latest after the step that is running; the memory of the answers is
   * free then. Events not read yet can still be read; the last ones say {@link
   * EndReason#CANCELLED}. Without effect on a stream that has ended.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed || ended) {
        return;
      }
      closed = true;
    } finally {
      lock.unlock();
    }
    if (onClose != null) {
      onClose.run();
    }
  }

  /** Whether the reader has to catch up before more can be taken. */
  boolean stalled() {
    lock.lock();
    try {
      return stalled;
    } finally {
      lock.unlock();
    }
  }

  /** Adds an event; more than the capacity if need be. */
  void put(GenerationEvent event) {
    lock.lock();
    try {
      events.add(event);
      stalled = stalled || events.size() >= capacity;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** No event follows, either because all is said or because of {@code reason}. */
  void end(@Nullable EngineException reason) {
    lock.lock();
    try {
      ended = true;
      failure = reason;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
  }
}
