package ai.kolm.server;

import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.RefusedException.Reason;
import java.util.function.Supplier;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/** Takes every request from Jetty: checks it, routes it, maps what fails, and logs it. */
final class RequestHandler extends Handler.Abstract {
  private final FrontDoor door;
  private final CrossOrigin origins;
  private final Router router;
  private final RunningAnswers running;
  private final ServerLimits limits;
  private final Supplier<ReceiptIssuer> receipts;
  private final ServerMetrics metrics;
  private final AccessLog log;

  RequestHandler(
      FrontDoor door,
      CrossOrigin origins,
      Router router,
      RunningAnswers running,
      ServerLimits limits,
      Supplier<ReceiptIssuer> receipts,
      ServerMetrics metrics,
      AccessLog log) {
    this.door = door;
    this.origins = origins;
    this.router = router;
    this.running = running;
    this.limits = limits;
    this.receipts = receipts;
    this.metrics = metrics;
    this.log = log;
  }

  @Override
  public boolean handle(Request request, Response response, Callback callback) {
    running.enter();
    try {
      answer(request, response, callback);
    } finally {
      running.leave();
    }
    return true;
  }

  private void answer(Request request, Response response, Callback callback) {
    // A client that takes nothing fails the write; one that just waits for its answer is no fault.
    request.addIdleTimeoutListener(timeout -> false);
    Exchange exchange = new Exchange(request, response, limits, receipts);
    exchange.connection().headComplete();
    boolean gone = false;
    try {
      serve(request, exchange);
    } catch (ClientGoneException e) {
      gone = true;
      exchange.receipt().abandoned("aborted");
    } finally {
      exchange.release();
    }
    log.log(exchange, gone);
    metrics.answered(exchange, gone);
    exchange.connection().answered();
    if (gone) {
      // Else Jetty would try to tell the client about it, and warn about that in the log.
      exchange.connection().close();
    }
    callback.succeeded();
  }

  private void serve(Request request, Exchange exchange) throws ClientGoneException {
    try {
      if (running.isClosing()) {
        exchange.setHeader("Connection", "close");
      }
      door.check(request);
      origins.addHeaders(request, exchange);
      if (origins.answer(request, exchange)) {
        return;
      }
      door.checkKey(request);
      if (exchange.receipt().nonceRefused()) {
        throw new RefusedException(
            Reason.MALFORMED, "The x-kolm-nonce header is not Base64url of 16 to 64 bytes.");
      }
      if (!exchange.receipt().isAvailable()) {
        throw new RefusedException(Reason.RECEIPT_UNAVAILABLE, "No receipt can be written.");
      }
      router.route(exchange);
    } catch (ClientGoneException e) {
      throw e;
    } catch (Exception | StackOverflowError thrown) {
      Throwable e = exchange.explain(thrown);
      Failures.log(exchange, e);
      if (exchange.isCommitted()) {
        throw new ClientGoneException(e); // nothing that could be said would be understood
      }
      exchange.fail(ErrorMapper.map(e));
    }
  }
}
