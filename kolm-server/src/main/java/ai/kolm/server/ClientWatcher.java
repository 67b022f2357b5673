package ai.kolm.server;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Looks after the clients of all answers that are being made, all of them in one thread: with one
 * for each, looks would wake threads more often than tokens do. Safe for use by many threads.
 */
final class ClientWatcher {
  private static final Duration INTERVAL = Duration.ofMillis(20);

  private final Duration silence;
  private final List<ClientWatch> watches = new ArrayList<>();
  private boolean running;

  /**
   * @param silence after how long the silence of a stream is broken; the longest time between two
   *     probes of a quiet client
   */
  ClientWatcher(Duration silence) {
    this.silence = silence;
  }

  /**
   * Watches the client of an answer in one piece.
   *
   * @param onGone called, once, when the client has gone
   */
  ClientWatch watch(Exchange exchange, Runnable onGone) {
    return watch(exchange.connection(), exchange::probe, () -> Duration.ZERO, onGone);
  }

  /**
   * Starts to watch a client.
   *
   * @param connection of the client
   * @param probe writes something harmless; {@code false} if that fails
   * @param silentFor how long nothing has been written that should not be silent; zero: never mind
   * @param onGone called, once, when the client has gone
   */
  ClientWatch watch(
      ClientConnection connection,
      BooleanSupplier probe,
      Supplier<Duration> silentFor,
      Runnable onGone) {
    connection.answering();
    ClientWatch watch = new ClientWatch(this, connection, probe, silentFor, silence, onGone);
    add(watch);
    return watch;
  }

  private synchronized void add(ClientWatch watch) {
    watches.add(watch);
    if (!running) {
      running = true;
      Thread.ofVirtual().name("kolm-watch").start(this::run);
    }
  }

  synchronized void remove(ClientWatch watch) {
    watches.remove(watch);
  }

  private void run() {
    try {
      for (List<ClientWatch> now = current(); !now.isEmpty(); now = current()) {
        Thread.sleep(INTERVAL);
        now.forEach(ClientWatch::look);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts this thread", e);
    }
  }

  /** Those to look after; if there are none, this thread ends. */
  private synchronized List<ClientWatch> current() {
    running = !watches.isEmpty();
    return List.copyOf(watches);
  }
}
