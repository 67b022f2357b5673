package ai.kolm.server;

import ai.kolm.server.wire.WireObject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes server-sent events, each at once: {@code data: <JSON>} and an empty line, nothing else.
 * What shows that the connection lives is a comment, because clients try to parse every event.
 *
 * <p>Safe for use by many threads; they wait for each other.
 */
final class SseWriter {
  private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] END = "\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] COMMENT = ": waiting\n".getBytes(StandardCharsets.US_ASCII);

  private final Exchange exchange;
  private final ReentrantLock lock = new ReentrantLock();
  private long lastWrite = System.nanoTime();
  private boolean ended;

  SseWriter(Exchange exchange) {
    this.exchange = exchange;
  }

  /** Sends the head of the answer, where the first event comes much later. */
  void open() throws ClientGoneException {
    write(false, new byte[0]);
  }

  /** Sends an event without a name. */
  void event(WireObject object) throws ClientGoneException {
    byte[] json = object.toBytes();
    write(false, bytes("", json));
    exchange.receipt().event(json);
  }

  /** Sends an event with a name. */
  void event(String name, WireObject object) throws ClientGoneException {
    byte[] json = object.toBytes();
    write(false, bytes(line("event", name), json));
    exchange.receipt().event(json);
  }

  private static String line(String field, String value) {
    return "%s: %s\n".formatted(field, value);
  }

  private static byte[] bytes(String lines, byte[] json) {
    ByteArrayOutputStream event =
        new ByteArrayOutputStream(lines.length() + DATA.length + json.length + END.length);
    event.writeBytes(lines.getBytes(StandardCharsets.US_ASCII));
    event.writeBytes(DATA);
    event.writeBytes(json);
    event.writeBytes(END);
    return event.toByteArray();
  }

  /**
   * Says that all events were sent. The receipt comes as a comment in the block of the last event:
   * a block of comments alone would be too much for some clients.
   */
  void done() throws ClientGoneException {
    String receipt = comment(exchange.receipt().complete());
    ByteArrayOutputStream end = new ByteArrayOutputStream(receipt.length() + DONE.length);
    end.writeBytes(receipt.getBytes(StandardCharsets.US_ASCII));
    end.writeBytes(DONE);
    write(true, end.toByteArray());
  }

  /** Sends the event that says that no other follows; the receipt, which counts it, is in it. */
  void last(String name, WireObject object) throws ClientGoneException {
    byte[] json = object.toBytes();
    exchange.receipt().event(json);
    String receipt = comment(exchange.receipt().complete());
    write(true, bytes(receipt + line("event", name), json));
  }

  private static String comment(String receipt) {
    return ": kolm-receipt %s\n".formatted(receipt);
  }

  /** Ends a stream that is not complete, after an event that says why. */
  void broken(ErrorAnswer answer) throws ClientGoneException {
    answer.describe(exchange.receipt());
    event(answer.error());
    exchange.receipt().abandoned("error");
    write(true, new byte[0]);
  }

  /** As {@link #broken(ErrorAnswer)}, with an event of the endpoint. */
  void broken(ErrorAnswer answer, String name, WireObject object) throws ClientGoneException {
    answer.describe(exchange.receipt());
    event(name, object);
    exchange.receipt().abandoned("error");
    write(true, new byte[0]);
  }

  private void write(boolean last, byte[] bytes) throws ClientGoneException {
    lock.lock();
    try {
      ended = last;
      exchange.write(last, bytes);
      lastWrite = System.nanoTime();
    } finally {
      lock.unlock();
    }
  }

  /** How long nothing has been written; zero while something is being written. */
  Duration silentFor() {
    if (!lock.tryLock()) {
      return Duration.ZERO;
    }
    try {
      return Duration.ofNanos(System.nanoTime() - lastWrite);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Writes a comment, unless something else is being written.
   *
   * @return {@code false} if there is no client
   */
  boolean comment() {
    if (!lock.tryLock()) {
      return true;
    }
    try {
      if (!ended) {
        exchange.write(false, COMMENT);
        lastWrite = System.nanoTime();
      }
      return true;
    } catch (ClientGoneException e) {
      return false;
    } finally {
      lock.unlock();
    }
  }
}
