package ai.kolm.server;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
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
  private static final Duration INTERVAL = Duration.ofMillis(20);
  private static final List<Duration> PROBES =
      List.of(Duration.ZERO, Duration.ofMillis(20), Duration.ofMillis(200), Duration.ofSeconds(1));

  private final ClientConnection connection;
  private final BooleanSupplier probe;
  private final Supplier<Duration> silentFor;
  private final Duration silence;
  private final Runnable onGone;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private int probes;
  private long nextProbe;
  private volatile boolean gone;

  /**
   * Starts to watch.
   *
   * @param connection of the client
   * @param probe writes something harmless; {@code false} if that fails
   * @param silentFor how long nothing has been written that should not be silent; zero: never mind
   * @param silence after how long to break the silence
   * @param onGone called, once, when the client has gone
   */
  ClientWatch(
      ClientConnection connection,
      BooleanSupplier probe,
      Supplier<Duration> silentFor,
      Duration silence,
      Runnable onGone) {
    this.connection = connection;
    this.probe = probe;
    this.silentFor = silentFor;
    this.silence = silence;
    this.onGone = onGone;
    connection.answering();
    this.thread = Thread.ofVirtual().name("kolm-watch").start(this::run);
  }

  private void run() {
    try {
      while (!stop.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        if (hasGone()) {
          gone = true;
          onGone.run();
          return;
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts this thread", e);
    }
  }

  private boolean hasGone() {
    return switch (connection.look()) {
      case GONE -> true;
      case SILENT -> probeDue() && !probe.getAsBoolean();
      case HERE -> silentFor.get().compareTo(silence) >= 0 && !probe.getAsBoolean();
    };
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

  /** Whether the client has gone. */
  boolean gone() {
    return gone;
  }

  /** Stops watching; the probe is not called any more when this returns. */
  @Override
  public void close() {
    stop.countDown(); // not an interrupt, which would break a probe that is being written
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
