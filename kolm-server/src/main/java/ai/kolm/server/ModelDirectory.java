package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The models, which may still be loading when the first requests come. */
final class ModelDirectory {
  private final CompletableFuture<ServedModels> models;
  private final Duration wait;
  private final ClientWatcher watcher;

  /**
   * @param models once they are loaded; fails where the server ends before that
   * @param wait how long a request waits for them
   * @param watcher of the clients that wait
   */
  ModelDirectory(CompletableFuture<ServedModels> models, Duration wait, ClientWatcher watcher) {
    this.models = models;
    this.wait = wait;
    this.watcher = watcher;
  }

  /** Whether requests need not wait. */
  boolean isReady() {
    return models.isDone() && !models.isCompletedExceptionally();
  }

  /** All models; the client of {@code exchange} waits for them a while, unless it leaves. */
  ServedModels models(Exchange exchange) throws RefusedException, ClientGoneException {
    if (models.isDone() || wait.isZero()) {
      return get(models);
    }
    CompletableFuture<ServedModels> waited = models.copy();
    try (ClientWatch _ = watcher.watch(exchange, () -> waited.cancel(false))) {
      return get(waited);
    } catch (CancellationException e) {
      throw new ClientGoneException(e);
    }
  }

  private ServedModels get(CompletableFuture<ServedModels> some) throws RefusedException {
    try {
      return some.get(wait.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new RefusedException(Reason.LOADING, "The model is still loading; try again soon.");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw RunningAnswers.closing();
    } catch (ExecutionException e) {
      throw RunningAnswers.closing();
    }
  }

  /** The model of this name, to be used until the lease is closed: hand it to the exchange. */
  ModelLease lease(Exchange exchange, String name) throws RefusedException, ClientGoneException {
    return models(exchange).lease(name);
  }
}
