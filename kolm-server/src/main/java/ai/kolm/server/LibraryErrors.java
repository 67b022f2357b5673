package ai.kolm.server;

import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.receipt.ExchangeReceipt;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Gives what Jetty refuses by itself, because it is not well-formed HTTP, the shape of an error.
 */
final class LibraryErrors implements Request.Handler {
  private final Supplier<ReceiptIssuer> receipts;
  private final AccessLog log;

  LibraryErrors(Supplier<ReceiptIssuer> receipts, AccessLog log) {
    this.receipts = receipts;
    this.log = log;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    ClientConnection.of(request).headComplete();
    ErrorAnswer answer = ErrorMapper.ofLibrary(response.getStatus(), reason(request));
    byte[] body = answer.error().toBytes();
    ExchangeReceipt receipt = new ExchangeReceipt(receipts, "", null);
    answer.describe(receipt);
    String id = receipt.id();
    Exchange.addIdentity(response, id, Duration.ZERO);
    response.getHeaders().put(ExchangeReceipt.HEADER, receipt.plain(answer.status(), body));
    response.setStatus(answer.status());
    response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
    response.getHeaders().put(HttpHeader.CONTENT_LENGTH, body.length);
    response.getHeaders().put(HttpHeader.CONNECTION, "close");
    log.logMalformed(id, answer.status());
    response.write(true, ByteBuffer.wrap(body), callback);
    return true;
  }

  /** Jetty's own words, which quote at most one character of the request. */
  private static @Nullable String reason(Request request) {
    return Objects.toString(request.getAttribute(ErrorHandler.ERROR_MESSAGE), null);
  }
}
