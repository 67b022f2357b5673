package ai.kolm.server;

import ai.kolm.chat.Usage;
import ai.kolm.server.wire.WireObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer: what endpoints see of HTTP. An answer is given once, as a whole
 * ({@link #answer}, {@link #fail}) or as a stream. For one thread, except where said.
 */
final class Exchange {
  /** What the OpenAI API says in {@code openai-version}. */
  static final String API_VERSION = "2020-10-01";

  private static final String JSON = "application/json";

  private final Request request;
  private final Response response;
  private final ClientConnection connection;
  private final ServerLimits limits;
  private final String id = RawAnswer.requestId();
  private final long started = System.nanoTime();
  private final ReentrantLock commitLock = new ReentrantLock();
  private boolean committing;
  private @Nullable String model;
  private @Nullable Usage usage;

  Exchange(Request request, Response response, ServerLimits limits) {
    this.request = request;
    this.response = response;
    this.limits = limits;
    this.connection =
        (ClientConnection) request.getConnectionMetaData().getConnection().getEndPoint();
  }

  /** Names the exchange, for the client and the log. */
  String id() {
    return id;
  }

  String method() {
    return request.getMethod();
  }

  /** The path as it came. */
  String path() {
    String path = request.getHttpURI().getPath();
    return path == null ? "" : path;
  }

  @Nullable String header(HttpHeader name) {
    return request.getHeaders().get(name);
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - started);
  }

  /** Which model answers; for the log. */
  void model(String newModel) {
    model = newModel;
  }

  /** The model that answers, if one does. */
  @Nullable String model() {
    return model;
  }

  /** What the answer cost; for the log. */
  void usage(Usage newUsage) {
    usage = newUsage;
  }

  /** What the answer cost, if a model gave it. */
  @Nullable Usage usage() {
    return usage;
  }

  /** The status of the answer. */
  int status() {
    return response.getStatus();
  }

  /** Whether the client has been told the status. */
  boolean isCommitted() {
    return response.isCommitted();
  }

  /** The body of a request in JSON. */
  byte[] jsonBody() throws RefusedException, IOException {
    return new RequestBody(request, connection, limits).json();
  }

  /** The connection, to watch it while an answer is made. */
  ClientConnection connection() {
    return connection;
  }

  /** Adds a header to the answer. */
  void setHeader(String name, String value) {
    response.getHeaders().put(name, value);
  }

  /** Answers that all is well. */
  void answer(WireObject body) throws ClientGoneException {
    send(200, body.toBytes());
  }

  /** Answers that it is not. */
  void fail(ErrorAnswer answer) throws ClientGoneException {
    answer.headers().forEach(this::setHeader);
    if (answer.close()) {
      setHeader("Connection", "close");
    }
    send(answer.status(), answer.error().toBytes());
  }

  private void send(int status, byte[] body) throws ClientGoneException {
    commit(status, JSON);
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    write(true, body);
  }

  /** Answers that all is well and that events follow. */
  SseWriter stream() {
    setHeader("Cache-Control", "no-cache");
    setHeader("X-Accel-Buffering", "no");
    commit(200, "text/event-stream; charset=utf-8");
    return new SseWriter(this);
  }

  private void commit(int status, String contentType) {
    commitLock.lock();
    try {
      committing = true;
    } finally {
      commitLock.unlock();
    }
    response.setStatus(status);
    setHeader("Content-Type", contentType);
    addIdentity(response, id, elapsed());
  }

  static void addIdentity(Response response, String id, Duration elapsed) {
    response.getHeaders().put("x-request-id", id);
    response.getHeaders().put("openai-version", API_VERSION);
    response.getHeaders().put("openai-processing-ms", Long.toString(elapsed.toMillis()));
  }

  /** Sends bytes of the body, and waits until the connection has taken them. */
  void write(boolean last, byte[] bytes) throws ClientGoneException {
    try {
      Content.Sink.write(response, last, ByteBuffer.wrap(bytes));
    } catch (IOException e) {
      throw new ClientGoneException(e);
    }
  }

  /**
   * Writes something that a client who waits for a plain answer skips, to find out whether there is
   * one. Any thread may call this.
   *
   * @return {@code false} if there is no client
   */
  boolean probe() {
    commitLock.lock();
    try {
      boolean possible =
          !committing && request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1;
      return !possible || connection.flush(ByteBuffer.wrap(RawAnswer.CONTINUE));
    } catch (IOException e) {
      return false;
    } finally {
      commitLock.unlock();
    }
  }
}
