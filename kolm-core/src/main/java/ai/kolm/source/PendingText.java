package ai.kolm.source;

import ai.kolm.weights.ModelFormatException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The text of a model, which may still be read in a thread of its own: a vocabulary takes as long
 * as the weights of a small model, and neither needs the other. Safe for use by many threads.
 */
final class PendingText {
  private final FutureTask<ModelText> text;

  private PendingText(Callable<ModelText> reader) {
    text = new FutureTask<>(reader);
  }

  /** One that is there. */
  static PendingText of(ModelText text) {
    PendingText pending = new PendingText(() -> text);
    pending.text.run();
    return pending;
  }

  /** Begins to read; {@code reader} throws nothing checked but {@link ModelFormatException}. */
  static PendingText begin(Callable<ModelText> reader) {
    PendingText pending = new PendingText(reader);
    Thread.ofPlatform().daemon().name("kolm-text").start(pending.text);
    return pending;
  }

  /**
   * Waits until it is read. An interrupt does not end the waiting, and is not lost.
   *
   * @throws ModelFormatException if it cannot be
   */
  ModelText await() throws ModelFormatException {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return text.get();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case ModelFormatException format -> throw format;
        case RuntimeException runtime -> throw runtime;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e.getCause());
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits until nothing is read any more, whatever came of it. */
  void end() {
    try {
      ModelText ignored = await();
    } catch (ModelFormatException | RuntimeException | Error e) {
      // Whoever asked for the text was told.
    }
  }
}
