package ai.kolm.server;

import ai.kolm.server.RefusedException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.Blocker;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/** Reads the body of a request, within limits on its length, its framing and its time. */
final class RequestBody {
  /** What chunk extensions and trailers may cost together. */
  private static final int MAX_FRAMING = 12 << 10;

  /** A client that sends single bytes as chunks needs six bytes for each. */
  private static final int MAX_FRAMING_PER_BYTE = 8;

  /** A body that is too long is still read up to this many times the limit. */
  private static final int DRAINED_BODIES = 4;

  private final Request request;
  private final ClientConnection connection;
  private final ServerLimits limits;

  RequestBody(Request request, ClientConnection connection, ServerLimits limits) {
    this.request = request;
    this.connection = connection;
    this.limits = limits;
  }

  /** The whole body, which must be declared as JSON. */
  byte[] json() throws RefusedException, IOException {
    checkMediaType();
    TimeoutException timeout = new TimeoutException("the body took too long");
    Scheduler.Task deadline =
        connection
            .getScheduler()
            .schedule(
                () -> request.fail(timeout), limits.bodyTime().toMillis(), TimeUnit.MILLISECONDS);
    try {
      return read();
    } finally {
      deadline.cancel();
    }
  }

  /** Also keeps web pages out: without asking first, they can only send other types. */
  private void checkMediaType() throws RefusedException {
    String type = request.getHeaders().get(HttpHeader.CONTENT_TYPE);
    String plain = type == null ? "" : type.toLowerCase(Locale.ROOT).replaceAll("[\\s\"]", "");
    boolean json =
        plain.equals("application/json") || plain.equals("application/json;charset=utf-8");
    if (!json) {
      throw new RefusedException(
          Reason.MEDIA_TYPE, "The Content-Type of the request must be application/json, in UTF-8.");
    }
    String coding = request.getHeaders().get(HttpHeader.CONTENT_ENCODING);
    if (coding != null && !coding.equalsIgnoreCase("identity")) {
      throw new RefusedException(
          Reason.MEDIA_TYPE, "The body of the request must be sent without Content-Encoding.");
    }
  }

  private byte[] read() throws RefusedException, IOException {
    if (request.getLength() > limits.bodyBytes()) {
      throw tooLarge(0);
    }
    ByteArrayOutputStream body =
        new ByteArrayOutputStream(Math.clamp(request.getLength(), 256, limits.bodyBytes()));
    long head = headBytes();
    for (Content.Chunk chunk = next(); chunk != null; chunk = next()) {
      if (body.size() + chunk.remaining() > limits.bodyBytes()) {
        long read = (long) body.size() + chunk.remaining();
        chunk.release();
        throw tooLarge(read);
      }
      byte[] bytes = new byte[chunk.remaining()];
      chunk.getByteBuffer().get(bytes);
      chunk.release();
      body.writeBytes(bytes);
    }
    long framing = connection.requestBytes() - head - body.size();
    boolean chunked = request.getLength() < 0 && !connection.isTls();
    if (chunked && framing > MAX_FRAMING + (long) MAX_FRAMING_PER_BYTE * body.size()) {
      throw new RefusedException(
          Reason.MALFORMED, "The chunks of the request have more framing than content.");
    }
    return body.toByteArray();
  }

  private long headBytes() {
    long bytes = request.getMethod().length();
    bytes += request.getHttpURI().asString().length();
    for (HttpField field : request.getHeaders()) {
      bytes += FrontDoor.lineLength(field) + 2L;
    }
    return bytes;
  }

  /** Waits for more; {@code null} at the end. */
  private Content.@Nullable Chunk next() throws RefusedException, IOException {
    while (true) {
      Content.Chunk chunk = request.read();
      if (chunk == null) {
        try (Blocker.Runnable more = Blocker.runnable()) {
          request.demand(more);
          more.block();
        }
      } else if (Content.Chunk.isFailure(chunk)) {
        throw refusal(chunk.getFailure());
      } else if (chunk.remaining() > 0) {
        return chunk;
      } else {
        chunk.release();
        if (chunk.isLast()) {
          return null;
        }
      }
    }
  }

  private static RefusedException refusal(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof TimeoutException) {
        return new RefusedException(
            Reason.TOO_SLOW, "The body of the request took too long, or is shorter than declared.");
      }
    }
    return new RefusedException(
        Reason.MALFORMED, "The body of the request is cut off or has malformed chunks.");
  }

  /**
   * Reads on for a while, and throws away: a client that is still writing would not see an answer,
   * only a connection that breaks. One that waits for permission is not let to begin.
   */
  private RefusedException tooLarge(long alreadyRead) throws RefusedException, IOException {
    RefusedException refusal =
        new RefusedException(
            Reason.BODY_TOO_LARGE,
            "The body of the request is larger than %,d bytes.".formatted(limits.bodyBytes()));
    if (request.getHeaders().contains(HttpHeader.EXPECT)) {
      return refusal;
    }
    long read = alreadyRead;
    while (read < (long) DRAINED_BODIES * limits.bodyBytes()) {
      Content.Chunk chunk = next();
      if (chunk == null) {
        break;
      }
      read += chunk.remaining();
      chunk.release();
    }
    return refusal;
  }
}
