package ai.kolm.server;

import ai.kolm.chat.Usage;
import ai.kolm.engine.Timings;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptUnavailableException;
import ai.kolm.server.receipt.ExchangeReceipt;
import ai.kolm.server.wire.WireObject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.EndPoint;
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
  private @Nullable ModelLease lease;
  private @Nullable String model;
  private String route = "";
  private @Nullable Usage usage;
  private @Nullable Timings timings;

  Exchange(
      Request request, Response response, ServerLimits limits, Supplier<ReceiptIssuer> receipts) {
    this.request = request;
    this.response = response;
    this.limits = limits;
    this.connection = ClientConnection.of(request);
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

  /** The model that answers, until this exchange is released; for the log and the receipt, too. */
  ServedModel model(ModelLease newLease) {
    lease = newLease;
    ServedModel leased = newLease.model();
    model = leased.id();
    leased.source().ifPresent(this::source);
    return leased;
  }

  private void source(AnswerSource source) {
    receipt.source(source);
    source.cid().ifPresent(cid -> setHeader(ExchangeReceipt.ARTIFACT_HEADER, cid));
  }

  /** Which model makes the vectors; for the log and the receipt. */
  void embedder(ServedEmbedder embedder) {
    model = embedder.id();
    embedder.source().ifPresent(this::source);
  }

  /** The id of the model that answers, if one does. */
  @Nullable String model() {
    return model;
  }

  /**
   * Looks whether the model may still answer.
   *
   * @throws RefusedException if its files were written to while it ran
   */
  void checkModel() throws RefusedException {
    if (lease != null) {
      lease.check();
    }
  }

  /** What a failure really is: a model whose files were written to may fail in any way. */
  Throwable explain(Throwable failure) {
    try {
      checkModel();
      return failure;
    } catch (RefusedException e) {
      return e;
    }
  }

  /** The exchange is over: the model may be unloaded. */
  void release() {
    if (lease != null) {
      lease.close();
    }
  }

  /** What the answer cost; for the log. */
  void usage(Usage newUsage) {
    usage = newUsage;
    receipt.describe(
        draft ->
            draft.usage(
                newUsage.promptTokens(), newUsage.cachedTokens(), newUsage.completionTokens()));
  }

  /** Which route answers; for the metrics. */
  void route(String newRoute) {
    route = newRoute;
  }

  /** The route that answers; empty if none does. */
  String route() {
    return route;
  }

  /** Where the time of the answer went. */
  void timings(Timings newTimings) {
    timings = newTimings;
  }

  /** Where the time of the answer went, if a model gave it. */
  @Nullable Timings timings() {
    return timings;
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

  /** All headers of the request. */
  HttpFields headers() {
    return request.getHeaders();
  }

  /** Path and query as they came. */
  String target() {
    String query = request.getHttpURI().getQuery();
    return query == null ? path() : path() + "?" + query;
  }

  /** What of the body is here already; {@link #body} goes on behind it. Does not wait. */
  byte[] bodySoFar() {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    Content.Chunk chunk = request.read();
    while (chunk != null && !Content.Chunk.isFailure(chunk)) {
      byte[] bytes = new byte[chunk.remaining()];
      chunk.getByteBuffer().get(bytes);
      boolean last = chunk.isLast();
      chunk.release();
      body.writeBytes(bytes);
      if (last) {
        break;
      }
      chunk = request.read();
    }
    return body.toByteArray();
  }

  /** The body of the request as it comes; for requests that are passed on. */
  InputStream body() {
    return Content.Source.asInputStream(request);
  }

  /** The declared length of the body; negative if it comes in chunks; zero if there is none. */
  long bodyLength() {
    boolean chunked = request.getHeaders().contains(HttpHeader.TRANSFER_ENCODING);
    return chunked ? -1 : Math.max(0, request.getLength());
  }

  /** Begins an answer that is passed on: its head is that of the provider. */
  void relay(int status, HttpFields head) {
    commitLock.lock();
    try {
      committing = true;
    } finally {
      commitLock.unlock();
    }
    response.setStatus(status);
    head.forEach(response.getHeaders()::add);
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
  void answer(WireObject body) throws ClientGoneException, RefusedException {
    checkModel();
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
    String signed;
    try {
      signed = receipt.plain(status, body);
    } catch (ReceiptUnavailableException e) {
      unavailable(ErrorMapper.map(e));
      return;
    }
    send(signed, body);
  }

  /** Nothing may be answered: this is all that is said. */
  private void unavailable(ErrorAnswer answer) throws ClientGoneException {
    answer.headers().forEach(this::setHeader);
    answer.describe(receipt);
    byte[] body = answer.error().toBytes();
    commit(answer.status(), JSON);
    send(receipt.unlogged(answer.status(), body), body);
  }

  private void send(String signed, byte[] body) throws ClientGoneException {
    setHeader(ExchangeReceipt.HEADER, signed);
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
    write(last, ByteBuffer.wrap(bytes));
  }

  /** As above. */
  void write(boolean last, ByteBuffer bytes) throws ClientGoneException {
    try {
      Content.Sink.write(response, last, bytes);
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
      EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
      boolean possible =
          !committing && request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1;
      return !possible || endPoint.flush(ByteBuffer.wrap(RawAnswer.CONTINUE));
    } catch (IOException e) {
      return false;
    } finally {
      commitLock.unlock();
    }
  }
}
