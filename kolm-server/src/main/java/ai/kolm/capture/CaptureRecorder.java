package ai.kolm.capture;

import ai.kolm.anonymize.Anonymizer;
import ai.kolm.anonymize.PseudonymKey;
import ai.kolm.capture.CaptureRecord.State;
import ai.kolm.json.Json;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;

/**
 * Records exchanges after they were relayed, on a thread of its own: the relay never waits for the
 * store, and never fails because of it. What cannot be recorded is counted and told: in the log
 * once a minute, in receipts, in headers of what follows, and by {@link #degraded}.
 *
 * <p>Safe for use by many threads.
 */
public final class CaptureRecorder implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("ai.kolm.capture");
  private static final long COMPLAINT_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();
  private static final long ANON_MILLIS = 2_000;
  private static final long ANON_MILLIS_PER_MIB = 1_000;
  private static final long PROBE_NANOS = Duration.ofSeconds(1).toNanos();

  /** What became of an exchange. */
  public enum Outcome {
    /** Its record is acknowledged. */
    STORED,
    /** Its record is acknowledged, and says that the exchange broke off. */
    INCOMPLETE,
    /** It was not acknowledged. */
    FAILED,
    /** There was no room for it. */
    DROPPED
  }

  /** An exchange that waits, and who wants to know what becomes of it. */
  private record Pending(CapturedExchange exchange, BiConsumer<Outcome, Json> done) {}

  private final CaptureConfig config;
  private final CaptureStore store;
  private final Anonymizer anonymizer;
  private final CaptureBudget budget;
  private final BlockingQueue<Pending> queue;
  private final ExecutorService anonymizing =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("kolm-anonymize").factory());
  private final Thread thread;
  private final AtomicLong optedOut = new AtomicLong();
  private final AtomicLong lost = new AtomicLong();
  private final AtomicLong stored = new AtomicLong();
  private final Map<String, long[]> uncounted = new HashMap<>();
  private volatile boolean failed;
  private volatile boolean closing;
  private long lastComplaint = System.nanoTime() - COMPLAINT_NANOS;
  private long lastExpiry = System.nanoTime();
  private volatile long lastProbe = System.nanoTime() - PROBE_NANOS;

  /** A recorder into {@code store}, which stays open when this is closed. */
  public CaptureRecorder(CaptureConfig config, CaptureStore store, Anonymizer anonymizer) {
    this.config = config;
    this.store = store;
    this.anonymizer = anonymizer;
    budget = new CaptureBudget(config.maxPending(), config.maxPendingBytes());
    queue = new ArrayBlockingQueue<>(config.maxPending() + 1);
    thread = Thread.ofPlatform().daemon().name("kolm-capture").start(this::run);
  }

  /** How it records. */
  public CaptureConfig config() {
    return config;
  }

  /**
   * A copy for an exchange that begins.
   *
   * @param provider its name
   * @param route path and query at the provider
   * @param receipt the name of the receipt
   */
  public CapturedExchange begin(CaptureTags tags, String provider, String route, String receipt) {
    return new CapturedExchange(
        tags,
        provider,
        route,
        receipt,
        new BodyCopy(budget, config.maxCopyBytes()),
        new BodyCopy(budget, config.maxCopyBytes()));
  }

  /** An exchange was relayed whose client wants nothing recorded. */
  public void optedOut(CaptureTags tags) {
    optedOut.incrementAndGet();
    later(tags.namespace(), 1, 0);
  }

  private void later(String namespace, int moreOptedOut, int moreLost) {
    synchronized (uncounted) {
      long[] counts = uncounted.computeIfAbsent(namespace, _ -> new long[2]);
      counts[0] += moreOptedOut;
      counts[1] += moreLost;
    }
  }

  /**
   * Takes over an exchange that has ended; never waits.
   *
   * @param done is told what became of it, and the usage that the provider reported
   */
  public void offer(CapturedExchange exchange, BiConsumer<Outcome, Json> done) {
    boolean room = !closing && !exchange.dropped() && budget.takeExchange();
    if (room && queue.offer(new Pending(exchange, done))) {
      return;
    }
    if (room) {
      budget.giveExchange();
    }
    giveBytes(exchange);
    lost.incrementAndGet();
    later(exchange.tags.namespace(), 0, 1);
    done.accept(Outcome.DROPPED, new Json.Null());
  }

  private void giveBytes(CapturedExchange exchange) {
    budget.giveBytes((long) exchange.request.copied() + exchange.response.copied());
  }

  private void run() {
    while (!closing || !queue.isEmpty()) {
      try {
        Pending next = queue.poll(1, TimeUnit.SECONDS);
        if (next != null) {
          record(next);
        }
        if (queue.isEmpty()) {
          flushCounts();
        }
        expire();
      } catch (InterruptedException e) {
        closing = true;
      }
    }
    flushCounts();
  }

  private void record(Pending pending) {
    CapturedExchange exchange = pending.exchange();
    Outcome outcome = Outcome.FAILED;
    Json usage = new Json.Null();
    try {
      PseudonymKey key = store.pseudonyms(exchange.tags.namespace());
      RecordBuilder builder = new RecordBuilder(exchange, key);
      CaptureRecord record = record(builder);
      store.append(record);
      usage = record.json().members().getOrDefault("usage", usage);
      outcome = builder.state() == State.INCOMPLETE ? Outcome.INCOMPLETE : Outcome.STORED;
      stored.incrementAndGet();
      failed = false;
    } catch (IOException | CaptureException | RuntimeException e) {
      failed = true;
      lost.incrementAndGet();
      later(exchange.tags.namespace(), 0, 1);
      complain(e);
    } finally {
      budget.giveExchange();
      giveBytes(exchange);
      pending.done().accept(outcome, usage);
    }
  }

  private CaptureRecord record(RecordBuilder builder) {
    builder.read();
    if (config.style().isEmpty()) {
      return builder.build(builder.raw(), "off", Optional.empty());
    }
    Anonymizer.Style style = config.style().get();
    Future<RecordBuilder.Anonymized> work =
        anonymizing.submit(() -> builder.anonymize(anonymizer, style));
    Optional<String> blocked;
    try {
      long millis = ANON_MILLIS + builder.textBytes() * ANON_MILLIS_PER_MIB / (1 << 20);
      return builder.build(
          work.get(millis, TimeUnit.MILLISECONDS), Anonymizer.profile(), Optional.empty());
    } catch (TimeoutException e) {
      blocked = Optional.of("timeout");
    } catch (ExecutionException e) {
      LOG.log(Level.ERROR, "a detector failed: {0}", String.valueOf(e.getCause()));
      blocked = Optional.of("error");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      blocked = Optional.of("closing");
    }
    work.cancel(true);
    return builder.build(builder.blocked(), Anonymizer.profile(), blocked);
  }

  /** Without the message of a parser or a detector, which may quote what it read. */
  private void complain(Exception e) {
    long now = System.nanoTime();
    if (now - lastComplaint >= COMPLAINT_NANOS) {
      lastComplaint = now;
      boolean ours = e instanceof IOException || e instanceof CaptureException;
      String why = ours ? String.valueOf(e.getMessage()) : e.getClass().getName();
      LOG.log(Level.ERROR, "captures cannot be stored, {0} lost so far: {1}", lost.get(), why);
    }
  }

  private void flushCounts() {
    Map<String, long[]> counts;
    synchronized (uncounted) {
      counts = new HashMap<>(uncounted);
      uncounted.clear();
    }
    counts.forEach(
        (namespace, count) -> {
          try {
            store.count(namespace, count[0], count[1]);
          } catch (IOException | CaptureException e) {
            later(namespace, (int) count[0], (int) count[1]);
            complain(e);
          }
        });
  }

  private void expire() {
    if (System.nanoTime() - lastExpiry >= HOUR_NANOS) {
      lastExpiry = System.nanoTime();
      try {
        store.expire(System.currentTimeMillis());
      } catch (IOException | CaptureException e) {
        complain(e);
      }
    }
  }

  /** Whether the last record could not be stored. */
  public boolean degraded() {
    return failed;
  }

  /**
   * Whether an exchange that begins now could be recorded, as far as is known. If the last one
   * could not, the disk is tried, at most once a second.
   */
  public boolean ready(CaptureTags tags) {
    if (failed && System.nanoTime() - lastProbe >= PROBE_NANOS) {
      lastProbe = System.nanoTime();
      failed = !store.canWrite(tags.namespace());
    }
    return !failed;
  }

  /** Exchanges that could not be recorded, since this recorder was made. */
  public long lost() {
    return lost.get();
  }

  /** Exchanges whose records are acknowledged. */
  public long stored() {
    return stored.get();
  }

  /** Exchanges whose clients wanted nothing recorded. */
  public long optedOut() {
    return optedOut.get();
  }

  /** Records what waits, and ends. */
  @Override
  public void close() {
    closing = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    anonymizing.shutdownNow();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
