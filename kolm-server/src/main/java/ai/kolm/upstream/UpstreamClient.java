package ai.kolm.upstream;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

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
            .executor(executor)
            .build();
  }

  /**
   * Begins an exchange; it runs on its own until it is closed.
   *
   * @throws IllegalArgumentException if HTTP cannot express the request
   */
  public UpstreamExchange start(UpstreamRequest request) {
    HttpRequest.Builder builder = HttpRequest.newBuilder(request.uri());
    builder.method(request.method(), publisher(request));
    for (UpstreamRequest.Header header : request.headers()) {
      builder.header(header.name(), header.value());
    }
    UpstreamBody body = new UpstreamBody(timeouts.idle());
    return new UpstreamExchange(client.sendAsync(builder.build(), _ -> body), body, timeouts);
  }

  private static BodyPublisher publisher(UpstreamRequest request) {
    var body = request.body();
    if (body == null) {
      return BodyPublishers.noBody();
    }
    BodyPublisher stream = BodyPublishers.ofInputStream(body);
    return request.length() > 0
        ? BodyPublishers.fromPublisher(stream, request.length())
        : request.length() == 0 ? BodyPublishers.ofByteArray(new byte[0]) : stream;
  }

  /** Ends all exchanges and their connections. */
  @Override
  public void close() {
    client.shutdownNow();
    client.close();
    executor.close();
  }
}
