package ai.kolm.server;

import ai.kolm.chat.Usage;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.receipt.ExchangeReceipt;
import ai.kolm.server.wire.WireObject;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
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
  private final ExchangeReceipt receipt;
  private final long started = System.nanoTime();
  private final ReentrantLock commitLock = new ReentrantLock();
  private boolean committing;
  private @Nullable String model;
  private @Nullable Usage usage;

  Exchange(
      Request request, Response response, ServerLimits limits, Supplier<ReceiptIssuer> receipts) {
    this.request = request;
    this.response = response;
    this.limits = limits;
    this.connection =
        (ClientConnection) request.getConnectionMetaData().getConnection().getEndPoint();
    receipt =
        new ExchangeReceipt(
            receipts, path(), request.getHeaders().get(ExchangeReceipt.NONCE_HEADER));
  }

  /** Names the exchange, for the client and the log. */
  String id() {
    return receipt.id();
  }

  /** The receipt of the answer, to which endpoints add what they know. */
  ExchangeReceipt receipt() {
    return receipt;
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

  /** Which model answers; for the log and the receipt. */
  void model(ServedModel newModel) {
    model = newModel.id();
    newModel
        .source()
        .ifPresent(
            source -> {
              receipt.source(source);
              source.cid().ifPresent(cid -> setHeader(ExchangeReceipt.ARTIFACT_HEADER, cid));
            });
  }

  /** The model that answers, if one does. */
  @Nullable String model() {
    return model;
  }

  /** What the answer cost; for the log. */
  void usage(Usage newUsage) {
    usage = newUsage;
    receipt.describe(
        draft ->
            draft.usage(
                newUsage.promptTokens(), newUsage.cachedTokens(), newUsage.completionTokens()));
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
    byte[] body = new RequestBody(request, connection, limits).json();
    receipt.request(body);
    return body;
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
    answer(200, JSON, body.toBytes());
  }

  /** Answers that it is not. */
  void fail(ErrorAnswer answer) throws ClientGoneException {
    answer.headers().forEach(this::setHeader);
    if (answer.close()) {
      setHeader("Connection", "close");
    }
    answer.describe(receipt);
    answer(answer.status(), JSON, answer.error().toBytes());
  }

  /** Answers with these bytes, and the receipt for them. */
  void answer(int status, String contentType, byte[] body) throws ClientGoneException {
    commit(status, contentType);
    setHeader(ExchangeReceipt.HEADER, receipt.plain(status, body));
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    write(true, body);
  }

  /** Answers that all is well and that events follow. */
  SseWriter stream() {
    setHeader("Cache-Control", "no-cache");
    setHeader("X-Accel-Buffering", "no");
    commit(200, "text/event-stream; charset=utf-8");
    setHeader(ExchangeReceipt.HEADER, receipt.open());
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
    addIdentity(response, id(), elapsed());
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
