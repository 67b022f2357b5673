package ai.kolm.upstream;

import ai.kolm.upstream.UpstreamException.Reason;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * An exchange with a provider: first its head, then its body piece by piece. For one thread, except
 * {@link #cancel}.
 */
public final class UpstreamExchange implements AutoCloseable {
  private final CompletableFuture<?> response;
  private final CompletableFuture<Head> head;
  private final UpstreamBody body;
  private final UpstreamTimeouts timeouts;

  /**
   * The head of an answer.
   *
   * @param status of HTTP
   * @param headers as they came, except that lines of one name stand together
   */
  public record Head(int status, List<UpstreamRequest.Header> headers) {
    /** Copies the headers. */
    public Head {
      headers = List.copyOf(headers);
    }
  }

  UpstreamExchange(
      CompletableFuture<?> response,
      CompletableFuture<ResponseInfo> info,
      UpstreamBody body,
      UpstreamTimeouts timeouts) {
    this.response = response;
    this.body = body;
    this.timeouts = timeouts;
    var _ =
        response.whenComplete(
            (_, failure) -> {
              if (failure != null) {
                info.completeExceptionally(failure);
              }
            });
    head = info.thenApply(UpstreamExchange::head);
  }

  private static Head head(ResponseInfo response) {
    List<UpstreamRequest.Header> headers = new ArrayList<>();
    response
        .headers()
        .map()
        .forEach(
            (name, values) ->
                values.forEach(value -> headers.add(new UpstreamRequest.Header(name, value))));
    return new Head(response.statusCode(), headers);
  }

  /** Done when the head is there or will not come. */
  public CompletableFuture<?> headArrived() {
    return head;
  }

  /**
   * Waits for the head.
   *
   * @throws UpstreamException if it does not come in time, or not at all
   */
  public Head head() throws UpstreamException {
    try {
      return head.get(timeouts.firstByte().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw failure(e.getCause() == null ? e : e.getCause());
    } catch (CancellationException e) {
      throw new UpstreamException(Reason.CANCELLED, "cancelled", e);
    } catch (TimeoutException e) {
      throw new UpstreamException(
          Reason.TIMEOUT,
          "the provider did not answer within %d s".formatted(timeouts.firstByte().toSeconds()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UpstreamException(Reason.CANCELLED, "interrupted", e);
    }
  }

  private static UpstreamException failure(Throwable cause) {
    return switch (cause) {
      case HttpConnectTimeoutException e ->
          new UpstreamException(Reason.TIMEOUT, "no connection to the provider in time", e);
      case java.net.ConnectException e ->
          new UpstreamException(Reason.CONNECT, "no connection to the provider", e);
      case java.nio.channels.UnresolvedAddressException e ->
          new UpstreamException(Reason.CONNECT, "the host of the provider is unknown", e);
      case javax.net.ssl.SSLException e ->
          new UpstreamException(Reason.CONNECT, "no secure connection to the provider", e);
      case CancellationException e -> new UpstreamException(Reason.CANCELLED, "cancelled", e);
      default -> new UpstreamException(Reason.BROKEN, "the provider broke the connection", cause);
    };
  }

  /** The next piece of the body; {@code null} at its end. */
  public @Nullable ByteBuffer next() throws UpstreamException {
    return body.next();
  }

  /** Ends the exchange, and with it the work of the provider. Any thread may call this. */
  public void cancel() {
    if (body.cancel()) {
      response.cancel(true);
    }
  }

  @Override
  public void close() {
    cancel();
  }
}
