package ai.kolm.source;

import ai.kolm.weights.ModelFormatException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The text of a model, which may still be read in a thread of its own: a vocabulary takes as long
 * as the weights of a small model, and neither needs the other. Safe for use by many threads.
 */
final class PendingText {
  private final CompletableFuture<ModelText> text;

  private PendingText(CompletableFuture<ModelText> text) {
    this.text = text;
  }

  /** One that is there. */
  static PendingText of(ModelText text) {
    return new PendingText(CompletableFuture.completedFuture(text));
  }

  /** Begins to read; {@code reader} throws nothing checked but {@link ModelFormatException}. */
  static PendingText begin(Callable<ModelText> reader) {
    CompletableFuture<ModelText> text = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("kolm-text")
        .start(
            () -> {
              try {
                text.complete(reader.call());
              } catch (Exception | Error e) {
                text.completeExceptionally(e);
              }
            });
    return new PendingText(text);
  }

  /**
   * Waits until it is read. An interrupt does not end the waiting, and is not lost.
   *
   * @throws ModelFormatException if it cannot be
   */
  ModelText await() throws ModelFormatException {
    try {
      return text.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case ModelFormatException format -> throw format;
        case RuntimeException runtime -> throw runtime;
        case Error error -> throw error;
        case null, default -> throw e;
      }
    }
  }

  /** Waits until nothing is read any more, whatever came of it. */
  void end() {
    text.handle((_, _) -> true).join();
  }
}
