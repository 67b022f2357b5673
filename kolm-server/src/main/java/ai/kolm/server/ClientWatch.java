package ai.kolm.server;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Watches a client while its answer is made, so that nothing is generated for one that has gone,
 * and tells a client of a stream that has been silent for long that it lives.
 *
 * <p>The end of a client's input is no proof that it has gone: it may have closed only its sending
 * side. Then it is probed, by writing something that has no meaning. If it has gone, its machine
 * answers the first probe with a reset, and the next one fails. The time between probes grows, in
 * case the client is just quiet.
 */
final class ClientWatch implements AutoCloseable {
  private static final List<Duration> PROBES =
      List.of(Duration.ZERO, Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofSeconds(1));

  private final ClientWatcher watcher;
  private final ClientConnection connection;
  private final BooleanSupplier probe;
  private final Supplier<Duration> silentFor;
  private final Duration silence;
  private final Runnable onGone;

  /** Held while the client is probed, or given up. */
  private final ReentrantLock lock = new ReentrantLock();

  private boolean closed;
  private int probes;
  private long nextProbe;
  private volatile boolean gone;

  /** As {@link ClientWatcher#watch} describes them. */
  ClientWatch(
      ClientWatcher watcher,
      ClientConnection connection,
      BooleanSupplier probe,
      Supplier<Duration> silentFor,
      Duration silence,
      Runnable onGone) {
    this.watcher = watcher;
    this.connection = connection;
    this.probe = probe;
    this.silentFor = silentFor;
    this.silence = silence;
    this.onGone = onGone;
  }

  /** Takes a look, without waiting: what may take time has a thread of its own. */
  void look() {
    if (!lock.tryLock()) {
      return; // a probe is being written
    }
    try {
      if (closed || gone) {
        return;
      }
      Peer peer = connection.look();
      boolean due =
          switch (peer) {
            case GONE -> true;
            case SILENT -> probeDue();
            case HERE -> silentFor.get().compareTo(silence) >= 0;
          };
      if (due) {
        Thread.ofVirtual().name("kolm-probe").start(() -> settle(peer == Peer.GONE));
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean probeDue() {
    long now = System.nanoTime();
    if (probes > 0 && now < nextProbe) {
      return false;
    }
    probes++;
    Duration wait = probes < PROBES.size() ? PROBES.get(probes) : silence;
    nextProbe = now + wait.toNanos();
    return true;
  }

  /** Gives the client up if it is known to have gone, or a probe says so. */
  private void settle(boolean known) {
    lock.lock();
    try {
      if (!closed && !gone && (known || !probe.getAsBoolean())) {
        gone = true;
        onGone.run();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the client has gone. */
  boolean gone() {
    return gone;
  }

  /** Stops watching; the probe is not called any more when this returns. */
  @Override
  public void close() {
    watcher.remove(this);
    lock.lock(); // a probe that is being written is not broken
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }
}
