package ai.kolm.upstream;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow.Publisher;

/**
 * Sends requests and gives answers as they come: nothing is decoded, followed or tried again. Uses
 * the client of the JDK, in HTTP/1.1: there, to cancel an answer is to close its connection, which
 * every provider notices. Safe for use by many threads.
 */
public final class UpstreamClient implements AutoCloseable {
  private final ExecutorService executor;
  private final HttpClient client;
  private final UpstreamTimeouts timeouts;

  /** A client with connections of its own. */
  public UpstreamClient(UpstreamTimeouts timeouts) {
    this.timeouts = timeouts;
    executor =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("kolm-upstream").factory());
    client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(timeouts.connect())
            .executor(this::run)
            .build();
  }

  /**
   * Where the JDK's client has its tasks run. To wake a thread takes longer than most of them:
   * virtual threads, which may wait, run them themselves; only those of its selector, which may
   * not, get a thread of their own.
   */
  private void run(Runnable task) {
    if (Thread.currentThread().isVirtual()) {
      task.run();
    } else {
      executor.execute(task);
    }
  }

  /**
   * Begins an exchange; it runs on its own until it is closed.
   *
   * @throws IllegalArgumentException if HTTP cannot express the request
   */
  public UpstreamExchange start(UpstreamRequest request) {
    HttpRequest.Builder builder = HttpRequest.newBuilder(request.uri());
    builder.method(request.method(), publisher(request.body()));
    for (UpstreamRequest.Header header : request.headers()) {
      builder.header(header.name(), header.value());
    }
    UpstreamBody body = new UpstreamBody(timeouts.idle());
    CompletableFuture<ResponseInfo> head = new CompletableFuture<>();
    CompletableFuture<?> response =
        client.sendAsync(
            builder.build(),
            info -> {
              head.complete(info); // the client's own future takes two threads more to get here
              return body;
            });
    return new UpstreamExchange(response, head, body, timeouts);
  }

  private BodyPublisher publisher(Optional<UpstreamRequest.Body> body) {
    return switch (body.orElse(null)) {
      case null -> BodyPublishers.noBody();
      case UpstreamRequest.Whole whole -> BodyPublishers.ofByteArray(whole.bytes());
      case UpstreamRequest.Stream stream -> {
        BodyPublisher read = BodyPublishers.ofInputStream(stream.source());
        // Its first read may wait for a slow client: not on the thread that starts the exchange.
        Publisher<ByteBuffer> apart =
            subscriber -> executor.execute(() -> read.subscribe(subscriber));
        yield stream.length() > 0
            ? BodyPublishers.fromPublisher(apart, stream.length())
            : BodyPublishers.fromPublisher(apart);
      }
    };
  }

  /** Ends all exchanges and their connections. */
  @Override
  public void close() {
    client.shutdownNow();
    client.close();
    executor.close();
  }
}
