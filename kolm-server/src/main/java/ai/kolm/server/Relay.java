package ai.kolm.server;

import ai.kolm.capture.CaptureTags;
import ai.kolm.capture.CapturedExchange;
import ai.kolm.capture.CapturedExchange.End;
import ai.kolm.server.RefusedException.Reason;
import ai.kolm.server.receipt.ExchangeReceipt;
import ai.kolm.server.receipt.RelayedReceipt;
import ai.kolm.upstream.Provider;
import ai.kolm.upstream.UpstreamException;
import ai.kolm.upstream.UpstreamExchange;
import ai.kolm.upstream.UpstreamRequest;
import java.io.EOFException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.jspecify.annotations.Nullable;

/**
 * Passes one exchange on: request bytes to the provider as they come, the bytes of its answer to
 * the client as they come. Every piece is written to the client before anything else looks at it;
 * the next one is asked for when it has been taken, so a slow client slows the provider down. What
 * is recorded is a copy, made afterwards. For one thread, except {@link #cancel}.
 */
final class Relay {
  /** Tells clients whether their exchange is recorded. */
  static final String CAPTURE_HEADER = "x-kolm-capture";

  private static final Duration UPLOAD_IDLE = Duration.ofMinutes(2);

  private final Exchange exchange;
  private final CaptureService service;
  private final ClientWatcher watcher;
  private final Provider provider;
  private final RelayedReceipt receipt;
  private final @Nullable CapturedExchange copy;
  private volatile @Nullable UpstreamExchange upstream;
  private volatile boolean cancelled;
  private boolean broke;

  Relay(
      Exchange exchange,
      CaptureService service,
      ClientWatcher watcher,
      Provider provider,
      String rest,
      Optional<CaptureTags> recorded) {
    this.exchange = exchange;
    this.service = service;
    this.watcher = watcher;
    this.provider = provider;
    receipt = exchange.receipt().relayed(recorded.isPresent());
    copy =
        recorded
            .map(tags -> service.recorder().begin(tags, provider.name(), rest, exchange.id()))
            .orElse(null);
  }

  /** Ends the exchange where it is. Any thread may call this. */
  void cancel() {
    cancelled = true;
    UpstreamExchange running = upstream;
    if (running != null) {
      running.cancel();
    }
  }

  void run(UpstreamRequest request) throws RefusedException, ClientGoneException {
    CapturedExchange recorded = copy;
    if (recorded != null) {
      recorded.requestCoding(exchange.header(HttpHeader.CONTENT_ENCODING));
      String type = exchange.header(HttpHeader.CONTENT_TYPE);
      recorded.header("content-type", type == null ? "" : type);
      recorded.header("user-agent", product(exchange.header(HttpHeader.USER_AGENT)));
    }
    RelayUpload upload = new RelayUpload(request, receipt, recorded);
    End end = End.UPSTREAM_BROKE;
    try (UpstreamExchange started = service.client().start(upload.request())) {
      upstream = started;
      upload.begun();
      if (cancelled) {
        started.cancel();
      }
      awaitUpload(upload, started);
      ClientWatch watch =
          watcher.watch(
              exchange.connection(),
              () -> !exchange.isCommitted() && exchange.probe(),
              () -> Duration.ZERO,
              this::cancel);
      try (watch) {
        if (upload.isDone()) {
          receipt.prepare();
        }
        answer(started, watch);
      }
      end = End.COMPLETE;
    } catch (ClientGoneException e) {
      end = broke ? End.UPSTREAM_BROKE : End.CLIENT_LEFT;
      throw e;
    } finally {
      finish(end);
    }
  }

  private static String product(@Nullable String agent) {
    String text = agent == null ? "" : agent;
    int space = text.indexOf(' ');
    String product = space < 0 ? text : text.substring(0, space);
    return product.replaceAll("[^A-Za-z0-9./_-]", "?").substring(0, Math.min(64, product.length()));
  }

  /** Until the request is sent, its connection is read from, and cannot be watched. */
  private void awaitUpload(RelayUpload upload, UpstreamExchange started)
      throws RefusedException, ClientGoneException {
    CompletableFuture<?> either = CompletableFuture.anyOf(upload.done(), started.headArrived());
    while (true) {
      try {
        either.get(1, TimeUnit.SECONDS);
        break;
      } catch (TimeoutException e) {
        if (upload.silentFor().compareTo(UPLOAD_IDLE) > 0) {
          throw new RefusedException(Reason.TOO_SLOW, "The body of the request took too long.");
        }
      } catch (ExecutionException e) {
        break; // told by what is asked next
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ClientGoneException(e);
      }
    }
    if (upload.failed()) {
      throw new ClientGoneException(new EOFException("the request was cut off"));
    }
  }

  private void answer(UpstreamExchange started, ClientWatch watch)
      throws RefusedException, ClientGoneException {
    try {
      begin(started.head());
      ByteBuffer piece = started.next();
      while (piece != null) {
        ByteBuffer copied = piece.duplicate();
        exchange.write(false, piece);
        record(copied);
        piece = started.next();
      }
      exchange.write(true, ByteBuffer.allocate(0));
    } catch (UpstreamException e) {
      broke = !watch.gone();
      if (watch.gone() || exchange.isCommitted()) {
        // Nothing that could be said would be understood: the connection is cut.
        throw new ClientGoneException(e);
      }
      throw refusal(e);
    }
  }

  private void begin(UpstreamExchange.Head head) {
    HttpFields headers = RelayHeaders.toClient(head.headers());
    exchange.relay(head.status(), headers);
    exchange.setHeader(ExchangeReceipt.HEADER, receipt.open());
    exchange.setHeader(CAPTURE_HEADER, state());
    receipt.head(
        head.status(),
        headers.get(HttpHeader.CONTENT_TYPE),
        headers.get(HttpHeader.CONTENT_ENCODING));
    CapturedExchange recorded = copy;
    if (recorded != null) {
      recorded.head(
          head.status(),
          headers.get(HttpHeader.CONTENT_TYPE),
          headers.get(HttpHeader.CONTENT_ENCODING));
      for (String name : new String[] {"openai-processing-ms", "x-request-id"}) {
        String value = headers.get(name);
        if (value != null && value.length() <= 128) {
          recorded.header(name, value);
        }
      }
    }
  }

  private String state() {
    return copy == null ? "opted-out" : service.recorder().degraded() ? "failed" : "on";
  }

  private void record(ByteBuffer piece) {
    receipt.response(piece);
    CapturedExchange recorded = copy;
    if (recorded != null) {
      recorded.responseBytes(piece);
    }
  }

  private RefusedException refusal(UpstreamException e) {
    exchange.setHeader(CAPTURE_HEADER, state());
    receipt.refused(provider.base().getHost());
    Reason reason =
        e.reason() == UpstreamException.Reason.TIMEOUT ? Reason.UPSTREAM_TIMEOUT : Reason.UPSTREAM;
    return new RefusedException(
        reason, "Provider %s: %s.".formatted(provider.name(), e.getMessage()));
  }

  private void finish(End end) {
    CapturedExchange recorded = copy;
    String host = provider.base().getHost();
    if (recorded == null) {
      receipt.finish("opted-out", host, end == End.COMPLETE);
      return;
    }
    recorded.end(end);
    service
        .recorder()
        .offer(
            recorded,
            (outcome, usage) -> {
              receipt.usage(usage);
              receipt.finish(outcome.name().toLowerCase(Locale.ROOT), host, end == End.COMPLETE);
            });
  }
}
