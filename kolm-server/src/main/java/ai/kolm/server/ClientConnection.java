package ai.kolm.server;

import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.server.receipt.ExchangeReceipt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.io.ManagedSelector;
import org.eclipse.jetty.io.SocketChannelEndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.thread.Scheduler;
import org.jspecify.annotations.Nullable;

/**
 * A connection as Jetty sees it, with two things that Jetty does not do.
 *
 * <p>A deadline for the head of a request. Jetty's idle timeout starts again with every byte, so a
 * client that sends one byte per second keeps a connection for hours.
 *
 * <p>A look at the peer while an answer is made. Jetty reads from an HTTP/1.1 connection only when
 * it wants a request, so a client that closes during a long prefill, or while a plain answer is
 * generated, is not noticed before something is written. {@link #look} reads without waiting; bytes
 * that do come, of a pipelined request, are kept and given to Jetty when it asks for them.
 *
 * <p>Safe for use by many threads.
 */
final class ClientConnection extends SocketChannelEndPoint {
  private static final int EARLY_BYTES = 8 << 10;

  private enum State {
    /** Waits for the first byte of a request. */
    IDLE,
    /** Reads a head; so does a new connection, which has to send one. */
    HEAD,
    /** Reads a body, or answers. */
    BUSY
  }

  private final Executor executor;
  private final ServerLimits limits;
  private final boolean tls;
  private final Supplier<ReceiptIssuer> receipts;
  private final ReentrantLock lock = new ReentrantLock();

  /** Bytes that came while an answer was made; ready to be read from. */
  private final ByteBuffer early = ByteBuffer.allocate(EARLY_BYTES).flip();

  private State state = State.HEAD;
  private boolean headStarted;
  private boolean answering;
  private long requestBytes;
  private Scheduler.@Nullable Task deadline;

  ClientConnection(
      SocketChannel channel,
      ManagedSelector selector,
      SelectionKey key,
      Scheduler scheduler,
      Executor executor,
      ServerLimits limits,
      boolean tls,
      Supplier<ReceiptIssuer> receipts) {
    super(channel, selector, key, scheduler);
    this.executor = executor;
    this.limits = limits;
    this.tls = tls;
    this.receipts = receipts;
  }

  /** The connection that a request came on, under TLS if there is any. */
  static ClientConnection of(Request request) {
    EndPoint endPoint = request.getConnectionMetaData().getConnection().getEndPoint();
    while (endPoint instanceof EndPoint.Wrapper wrapper) {
      endPoint = wrapper.unwrap();
    }
    return (ClientConnection) endPoint;
  }

  /** Whether what is read and written here is TLS. */
  boolean isTls() {
    return tls;
  }

  @Override
  public void onOpen() {
    super.onOpen();
    lock.lock();
    try {
      startDeadline();
    } finally {
      lock.unlock();
    }
  }

  private void startDeadline() {
    state = State.HEAD;
    deadline =
        getScheduler()
            .schedule(this::headTooSlow, limits.headTime().toMillis(), TimeUnit.MILLISECONDS);
  }

  @Override
  public int fill(ByteBuffer buffer) throws IOException {
    lock.lock();
    try {
      int filled = early.hasRemaining() ? fillFromEarly(buffer) : super.fill(buffer);
      if (filled > 0) {
        requestBytes += filled;
        if (state == State.IDLE) {
          startDeadline();
        }
        headStarted = headStarted || state == State.HEAD;
      }
      return filled;
    } finally {
      lock.unlock();
    }
  }

  private int fillFromEarly(ByteBuffer buffer) {
    int position = BufferUtil.flipToFill(buffer);
    int filled = BufferUtil.put(early, buffer);
    BufferUtil.flipToFlush(buffer, position);
    return filled;
  }

  /** The selector does not know of the early bytes. */
  @Override
  protected void needsFillInterest() {
    boolean ready;
    lock.lock();
    try {
      ready = early.hasRemaining();
    } finally {
      lock.unlock();
    }
    if (ready) {
      executor.execute(() -> getFillInterest().fillable());
    } else {
      super.needsFillInterest();
    }
  }

  /** The head is complete, or what came of it is answered: the request may take its time now. */
  void headComplete() {
    lock.lock();
    try {
      state = State.BUSY;
      headStarted = false;
      if (deadline != null) {
        deadline.cancel();
        deadline = null;
      }
      setIdleTimeout(limits.stallTime().toMillis());
    } finally {
      lock.unlock();
    }
  }

  /** Bytes read since the last answer: those of the request, and perhaps of the next ones. */
  long requestBytes() {
    lock.lock();
    try {
      return requestBytes;
    } finally {
      lock.unlock();
    }
  }

  /** The body is read; from here until {@link #answered} {@link #look} may be called. */
  void answering() {
    lock.lock();
    try {
      answering = true;
    } finally {
      lock.unlock();
    }
  }

  /** The answer is complete; to be called before Jetty looks for the next request. */
  void answered() {
    lock.lock();
    try {
      answering = false;
      state = State.IDLE;
      requestBytes = 0;
      setIdleTimeout(limits.idleTime().toMillis());
    } finally {
      lock.unlock();
    }
  }

  /** What the peer is doing. Does not wait. */
  Peer look() {
    if (!isOpen()) {
      return Peer.GONE;
    }
    lock.lock();
    try {
      if (!answering || early.remaining() == early.capacity()) {
        return Peer.HERE;
      }
      early.compact();
      try {
        return getChannel().read(early) < 0 ? Peer.SILENT : Peer.HERE;
      } finally {
        early.flip();
      }
    } catch (IOException e) {
      return Peer.GONE;
    } finally {
      lock.unlock();
    }
  }

  private void headTooSlow() {
    boolean started;
    lock.lock();
    try {
      if (state != State.HEAD) {
        return;
      }
      state = State.BUSY;
      started = headStarted;
    } finally {
      lock.unlock();
    }
    if (started && !tls) {
      try {
        ExchangeReceipt receipt = new ExchangeReceipt(receipts, "", null);
        flush(ByteBuffer.wrap(RawAnswer.of(ErrorMapper.slowHead(), receipt)));
      } catch (IOException e) {
        // It does not listen either.
      }
    }
    close();
  }
}
