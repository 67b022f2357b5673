package ai.kolm.server;

import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.Router.Route;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.BindException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private final ServerMetrics metrics = new ServerMetrics();
  private final Server server;
  private final ClientConnector connector;
  private final Router router;

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
   * ready, and requests for them wait as long as {@link ServerConfig#modelWait} says, then get "try
   * again".
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
    this(config, models, issuer, Optional.empty());
  }

  /**
   * A server that also passes requests on to providers, under {@code /v1/capture}, and has them
   * recorded. If clients must send keys, they send them there as {@code x-kolm-key}: {@code
   * Authorization} is the provider's.
   *
   * @param config where and how to serve
   * @param models what to serve
   * @param issuer signs receipts; stays open when the server is closed
   * @param capture where to; stays open when the server is closed
   */
  public KolmServer(
      ServerConfig config,
      CompletableFuture<ServedModels> models,
      CompletableFuture<ReceiptIssuer> issuer,
      Optional<CaptureService> capture) {
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
    router = new Router(routes(models, receipts, capture));
    AccessLog log = new AccessLog(config.options().jsonLog());
    server.setErrorHandler(new LibraryErrors(receipts, log));
    server.setHandler(
        new RequestHandler(
            new FrontDoor(config),
            new CrossOrigin(config.access().origins()),
            router,
            running,
            config.limits(),
            receipts,
            metrics,
            log));
  }

  private List<Route> routes(
      CompletableFuture<ServedModels> models,
      Supplier<ReceiptIssuer> issuer,
      Optional<CaptureService> capture) {
    ClientWatcher watcher = new ClientWatcher(config.limits().silence());
    ModelDirectory directory = new ModelDirectory(models, config.modelWait(), watcher);
    HealthHandler health =
        new HealthHandler(
            directory, running, () -> capture.map(CaptureService::degraded).orElse(false));
    ModelsHandler list = new ModelsHandler(directory);
    ReceiptsHandler receipts = new ReceiptsHandler(issuer);
    Clock clock = Clock.systemUTC();
    JsonRequests requests =
        new JsonRequests(config.limits().bodyBytes(), config.options().strict());
    AnswerWriter writer = new AnswerWriter(running, watcher);
    ChatCompletionsHandler chat = new ChatCompletionsHandler(directory, requests, writer, clock);
    TextCompletionsHandler texts = new TextCompletionsHandler(directory, requests, writer, clock);
    ResponsesHandler responses = new ResponsesHandler(directory, requests, writer, clock);
    EmbeddingsHandler vectors =
        new EmbeddingsHandler(
            directory, requests, running, watcher, config.options().embeddingTokens());
    capture.ifPresent(service -> metrics.count(service.recorder()));
    MetricsHandler numbers = new MetricsHandler(directory, metrics);
    InfoHandler info = new InfoHandler(directory, config);
    List<Route> routes = new ArrayList<>();
    capture.ifPresent(service -> routes.add(service.route(running, watcher)));
    routes.addAll(
        List.of(
            new Route("GET", "/healthz", health::health),
            new Route("GET", "/metrics", numbers::scrape),
            new Route("GET", "/v1/kolm/info", info::get),
            new Route("GET", "/readyz", health::ready),
            new Route("GET", "/v1/models", list::list),
            new Route("GET", "/v1/models/", list::get),
            new Route("GET", "/v1/receipts/keys", receipts::keys),
            new Route("GET", "/.well-known/jwks.json", receipts::keys),
            new Route("GET", "/v1/receipts/", receipts::get),
            new Route("POST", "/v1/chat/completions", chat::complete),
            new Route("POST", "/v1/completions", texts::complete),
            new Route("POST", "/v1/embeddings", vectors::embed),
            new Route("POST", "/v1/responses", responses::create)));
    return routes;
  }

  /** What is served. */
  List<Route> routes() {
    return router.routes();
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
    running.awaitRequests(LAST_WORDS);
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
