package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ServedModels;
import ai.kolm.server.ServerConfig;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;

/**
 * A server that is made, begins to listen and opens its audit log in threads of its own, while the
 * command loads the models: a start takes as long as the longer of the two.
 *
 * <p>Closing it ends the server, then what it records to. The end of the process does so too, and
 * wakes who waits for it.
 */
final class ServerStart implements AutoCloseable {
  private final ServerConfig config;
  private final Optional<CaptureSetup> capture;
  private final CompletableFuture<ServedModels> models = new CompletableFuture<>();
  private final CompletableFuture<KolmServer> server = new CompletableFuture<>();
  private final CompletableFuture<Integer> listening;
  private final CompletableFuture<ReceiptIssuer> receipts;
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Opens the audit log of the server on a port. */
  interface ReceiptOpener {
    ReceiptIssuer open(int port) throws IOException;
  }

  private ServerStart(ServerConfig config, Optional<CaptureSetup> capture, ReceiptOpener opener) {
    this.config = config;
    this.capture = capture;
    listening = new CompletableFuture<>();
    receipts = beside("kolm-receipts", () -> opener.open(listening.join()));
    complete("kolm-listen", listening, this::listen);
  }

  /** Begins; {@link #ready} when there are models. */
  static ServerStart begin(
      ServerConfig config, Optional<CaptureSetup> capture, ReceiptOpener opener) {
    ServerStart start = new ServerStart(config, capture, opener);
    Runtime.getRuntime().addShutdownHook(new Thread(start::close, "kolm-close"));
    return start;
  }

  private int listen() throws IOException {
    server.complete(new KolmServer(config, models, receipts, capture.map(CaptureSetup::service)));
    return Listening.start(server.join(), config);
  }

  /** The port that the server listens on, once it does. */
  int port() throws IOException, ModelFormatException {
    return result(listening);
  }

  /**
   * Lets the server answer, once it can sign receipts; without them nothing is served.
   *
   * @throws CommandException if the process has been told to end meanwhile
   */
  int ready(ServedModels served) throws IOException, ModelFormatException {
    int port = port();
    result(receipts);
    if (!models.complete(served)) {
      throw new CommandException(
          ExitCode.EXECUTION, "told to end before the models had been loaded");
    }
    return port;
  }

  /** While models are loaded: its end tells requests that wait for them that none come. */
  Loading loading() {
    return this::end;
  }

  private void end() {
    models.completeExceptionally(new IllegalStateException("no models yet, and the server ends"));
  }

  /** Ended where models are there: nothing. */
  interface Loading extends AutoCloseable {
    @Override
    void close();
  }

  /** Waits until the process is told to end. */
  void awaitEnd() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Does a part of the start in a thread of its own. */
  static <T> CompletableFuture<T> beside(String thread, Callable<T> part) {
    CompletableFuture<T> result = new CompletableFuture<>();
    complete(thread, result, part);
    return result;
  }

  private static <T> void complete(String thread, CompletableFuture<T> result, Callable<T> part) {
    Thread.ofPlatform()
        .name(thread)
        .start(
            () -> {
              try {
                result.complete(part.call());
              } catch (Exception | Error e) {
                result.completeExceptionally(e);
              }
            });
  }

  /** What a part has come to; fails as it did. */
  static <T> T result(CompletableFuture<T> part) throws IOException, ModelFormatException {
    try {
      return part.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case RuntimeException refused -> throw refused;
        case IOException io -> throw io;
        case ModelFormatException model -> throw model;
        case null, default -> throw e;
      }
    }
  }

  /**
   * Requests that wait for models that do not come are told so, running answers are given their
   * time; then the audit log is forced to the disk.
   */
  @Override
  public void close() {
    end();
    listening.handle((_, _) -> true).join();
    if (server.isDone()) {
      server.join().close();
    }
    capture.ifPresent(CaptureSetup::close);
    if (receipts.isDone() && !receipts.isCompletedExceptionally()) {
      receipts.join().close();
    }
    closed.countDown();
  }
}
