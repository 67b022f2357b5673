package ai.kolm.server;

import ai.kolm.capture.CapturedExchange;
import ai.kolm.server.receipt.RelayedReceipt;
import ai.kolm.upstream.UpstreamRequest;
import ai.kolm.upstream.UpstreamRequest.Stream;
import ai.kolm.upstream.UpstreamRequest.Whole;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request on its way to the provider: what is not there yet is read when the provider
 * takes it, and copied as it passes. The HTTP client reads; others ask how far it is.
 */
final class RelayUpload {
  private final UpstreamRequest request;
  private final RelayedReceipt receipt;
  private final @Nullable CapturedExchange copy;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private volatile long lastRead = System.nanoTime();
  private volatile boolean failed;

  RelayUpload(UpstreamRequest request, RelayedReceipt receipt, @Nullable CapturedExchange copy) {
    this.request = request;
    this.receipt = receipt;
    this.copy = copy;
  }

  /** The request, with a body that passes here if it is still to come. */
  UpstreamRequest request() {
    return request.body().orElse(null) instanceof Stream(var source, long length)
        ? new UpstreamRequest(
            request.method(),
            request.uri(),
            request.headers(),
            Optional.of(new Stream(() -> new Passing(source.get(), length), length)))
        : request;
  }

  /** It is on its way. */
  void begun() {
    switch (request.body().orElse(null)) {
      case null -> done.complete(null);
      case Whole(byte[] bytes) -> {
        passed(bytes, 0, bytes.length);
        done.complete(null);
      }
      case Stream _ -> {}
    }
  }

  private void passed(byte[] bytes, int offset, int count) {
    receipt.request(bytes, offset, count);
    CapturedExchange recorded = copy;
    if (recorded != null) {
      recorded.requestBytes(bytes, offset, count);
    }
  }

  /** Done when the whole body has been read, or cannot be. */
  CompletableFuture<Void> done() {
    return done;
  }

  /** Whether the whole body has been read, or cannot be. */
  boolean isDone() {
    return done.isDone();
  }

  /** Whether the client broke off. */
  boolean failed() {
    return failed;
  }

  /** How long nothing has been read. */
  Duration silentFor() {
    return Duration.ofNanos(System.nanoTime() - lastRead);
  }

  /**
   * The body; its end is known by its length as well, because nobody may ask for what is behind.
   */
  private final class Passing extends FilterInputStream {
    private long left;

    Passing(InputStream in, long length) {
      super(in);
      left = length < 0 ? Long.MAX_VALUE : length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int count) throws IOException {
      int read;
      try {
        read = super.read(to, offset, count);
      } catch (IOException e) {
        failed = true;
        done.complete(null);
        throw e;
      }
      lastRead = System.nanoTime();
      if (read > 0) {
        left -= read;
        passed(to, offset, read);
      }
      if (read < 0 || left == 0) {
        done.complete(null);
      }
      return read;
    }
  }
}
