package ai.kolm.server;

import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.Router.Route;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Supplier;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * Serves models over HTTP in the schema of OpenAI:
 *
 * <pre>{@code
 * try (KolmServer server = new KolmServer(ServerConfig.DEFAULT, ServedModels.of(model))) {
 *   server.start();
 *   ...
 * }
 * }</pre>
 *
 * <p>It translates and does nothing else: what a request means is decided by {@code ai.kolm.chat}.
 * It opens no connection to anywhere. Requests run on virtual threads.
 *
 * <p>Safe for use by many threads.
 */
public final class KolmServer implements AutoCloseable {
  /** Threads that accept and select; everything else runs on virtual ones. */
  private static final int MIN_THREADS = 4;

  private static final int THREAD_IDLE_MILLIS = 60_000;

  private static final int MAX_THREADS = 16;

  /** For answers to notice that they were ended, and to say so. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final ServerConfig config;
  private final RunningAnswers running = new RunningAnswers();
  private final Server server;
  private final ClientConnector connector;

  /**
   * A server of models that are there. They stay open when it is closed.
   *
   * @param config where and how to serve
   * @param models what to serve
   */
  public KolmServer(ServerConfig config, ServedModels models) {
    this(config, CompletableFuture.completedFuture(models));
  }

  /**
   * A server of models that may still be loading: until they are there, it says that it is not
   * ready, and requests for them get "try again".
   *
   * @param config where and how to serve
   * @param models what to serve
   */
  public KolmServer(ServerConfig config, CompletableFuture<ServedModels> models) {
    this(config, models, CompletableFuture.completedFuture(ReceiptIssuer.inMemory()));
  }

  /**
   * A server that signs its receipts with a key that may still be loading; the first answers wait
   * for it.
   *
   * @param config where and how to serve
   * @param models what to serve
   * @param issuer signs receipts; stays open when the server is closed
   */
  public KolmServer(
      ServerConfig config,
      CompletableFuture<ServedModels> models,
      CompletableFuture<ReceiptIssuer> issuer) {
    this.config = config;
    Supplier<ReceiptIssuer> receipts = issuer::join;
    // A queue of the library's own would start the platform's management beans.
    QueuedThreadPool threads =
        new QueuedThreadPool(
            MAX_THREADS, MIN_THREADS, THREAD_IDLE_MILLIS, new LinkedBlockingQueue<>());
    threads.setName("kolm-http");
    threads.setDaemon(true);
    threads.setReservedThreads(0);
    threads.setVirtualThreadsExecutor(
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("kolm-request").factory()));
    server = new Server(threads);
    connector = new ClientConnector(server, config, receipts);
    server.addConnector(connector);
    server.addBean(new NetworkConnectionLimit(config.limits().connections(), connector));
    server.setErrorHandler(new LibraryErrors(receipts));
    server.setHandler(
        new RequestHandler(
            new FrontDoor(config),
            new Router(routes(models, receipts)),
            running,
            config.limits(),
            receipts));
  }

  private List<Route> routes(
      CompletableFuture<ServedModels> models, Supplier<ReceiptIssuer> issuer) {
    ModelDirectory directory = new ModelDirectory(models, config.modelWait());
    HealthHandler health = new HealthHandler(directory, running);
    ModelsHandler list = new ModelsHandler(directory);
    ReceiptsHandler receipts = new ReceiptsHandler(issuer);
    ChatCompletionsHandler chat =
        new ChatCompletionsHandler(directory, running, config.limits(), Clock.systemUTC());
    return List.of(
        new Route("GET", "/healthz", health::health),
        new Route("GET", "/readyz", health::ready),
        new Route("GET", "/v1/models", list::list),
        new Route("GET", "/v1/models/", list::get),
        new Route("GET", "/v1/receipts/keys", receipts::keys),
        new Route("GET", "/.well-known/jwks.json", receipts::keys),
        new Route("GET", "/v1/receipts/", receipts::get),
        new Route("POST", "/v1/chat/completions", chat::complete));
  }

  /**
   * Binds the address and starts to serve.
   *
   * @throws BindException if the port is in use, or the address is not one of this machine
   * @throws IOException if the address cannot be bound for another reason
   */
  public void start() throws IOException {
    try {
      server.start();
    } catch (Exception e) {
      stop();
      throw bindFailure(e);
    }
  }

  private IOException bindFailure(Exception failure) {
    String address = "%s:%d".formatted(config.host(), config.port());
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        BindException exception =
            new BindException("cannot listen on %s: %s".formatted(address, cause.getMessage()));
        exception.initCause(failure);
        return exception;
      }
    }
    return new IOException("cannot listen on " + address, failure);
  }

  /** The port it listens on; after {@link #start}. */
  public int port() {
    return connector.getLocalPort();
  }

  /**
   * Stops to listen, waits for running answers as long as {@link ServerLimits#drainTime} allows,
   * ends the rest with an error that says so, and closes all connections. Requests that come
   * meanwhile on open connections are told to try again.
   */
  @Override
  public void close() {
    running.startClosing();
    connector.close();
    running.await(config.limits().drainTime());
    running.cancelAll();
    running.await(LAST_WORDS);
    stop();
  }

  private void stop() {
    try {
      server.stop();
    } catch (InterruptedIOException | InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new IllegalStateException("the HTTP server did not stop", e);
    }
  }
}
