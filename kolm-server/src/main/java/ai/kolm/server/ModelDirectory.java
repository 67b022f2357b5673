package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The models, which may still be loading when the first requests come. */
final class ModelDirectory {
  private final CompletableFuture<ServedModels> models;
  private final Duration wait;

  ModelDirectory(CompletableFuture<ServedModels> models, Duration wait) {
    this.models = models;
    this.wait = wait;
  }

  /** Whether requests need not wait. */
  boolean isReady() {
    return models.isDone() && !models.isCompletedExceptionally();
  }

  /** All models; waits for them a while. */
  ServedModels models() throws RefusedException {
    try {
      return models.get(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new RefusedException(Reason.LOADING, "The model is still loading; try again soon.");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RefusedException(Reason.CLOSING, "The server is shutting down.");
    } catch (ExecutionException e) {
      throw new RefusedException(Reason.LOADING, "The model could not be loaded.");
    }
  }

  /** The model of this name, to be used until the lease is closed: hand it to the exchange. */
  ModelLease lease(String name) throws RefusedException {
    return models().lease(name);
  }
}
