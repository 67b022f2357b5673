package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.receipt.LogDirectory.Place;
import ai.kolm.trust.SigningKey;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * The audit log: receipts in the order in which they were signed, each naming the digest of the one
 * before it, so that whoever keeps one can tell whether any before it is missing or was changed.
 *
 * <p>A line is written before its receipt is given out, so a process that is killed loses none that
 * a client has seen. To the disk they are forced a little later ({@link Sync}); a force that fails
 * is not tried again, as the next one would report success: a new segment with a new chain begins,
 * whose first receipt names the last good one.
 *
 * <p>{@code DIRECTORY/<number of the first receipt>.log}, with lines of {@link LogLine}, 64 MiB
 * each. One process at a time has the directory.
 *
 * <p>Safe for use by many threads.
 */
public final class ReceiptLog implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("ai.kolm.receipt");
  private static final int CHAIN_BYTES = 8;
  private static final int BATCH = 64;
  private static final int INDEXED = 100_000;
  private static final long SYNC_MILLIS = 100;

  /** When lines are forced to the disk. */
  public enum Sync {
    /** At most 100 ms or 64 lines later. */
    BATCH,
    /** Before the receipt is given out. */
    ALWAYS,
    /** When the system likes. */
    OFF
  }

  private final LogDirectory directory;
  private final Sync sync;
  private final long segmentBytes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition written = lock.newCondition();
  private final LinkedHashMap<String, Place> index =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Place> eldest) {
          return size() > INDEXED;
        }
      };
  private final Thread forcing;
  private final long cutBytes;

  /** The last lines that were found when the log was opened, until one of them is looked for. */
  private List<Place> unnamed = List.of();

  private Path segment;
  private FileChannel channel;
  private ChainLink next;
  private long end;
  private int unforced;
  private boolean broken;
  private boolean closed;

  private ReceiptLog(LogDirectory directory, Sync sync, long segmentBytes)
      throws IOException, ReceiptException {
    this.directory = directory;
    this.sync = sync;
    this.segmentBytes = segmentBytes;
    Optional<LogDirectory.Recovered> last = directory.recover();
    if (last.isPresent()) {
      LogDirectory.Recovered recovered = last.get();
      next = recovered.next().orElseGet(() -> new ChainLink(newChain(), recovered.first(), none()));
      segment = recovered.segment();
      cutBytes = recovered.cutBytes();
      channel = open(segment);
      end = channel.size();
      unnamed = recovered.recent();
    } else {
      next = new ChainLink(newChain(), 1, none());
      segment = directory.segment(1);
      cutBytes = 0;
      channel = open(segment);
    }
    forcing = Thread.ofPlatform().daemon().name("kolm-receipt-sync").unstarted(this::forceLoop);
    if (sync == Sync.BATCH) {
      forcing.start();
    }
  }

  private static String none() {
    return ReceiptHash.NONE;
  }

  /**
   * Opens the log in {@code directory}, which is created if there is none. A line that was being
   * written when the process died is cut off.
   *
   * @throws LogInUseException if another process has it
   * @throws ReceiptException {@code log_damaged} if a line is not as it was written
   */
  public static ReceiptLog open(Path directory, Sync sync) throws IOException, ReceiptException {
    return open(directory, sync, LogDirectory.SEGMENT_BYTES);
  }

  static ReceiptLog open(Path directory, Sync sync, long segmentBytes)
      throws IOException, ReceiptException {
    LogDirectory locked = LogDirectory.lock(directory);
    boolean opened = false;
    try {
      ReceiptLog log = new ReceiptLog(locked, sync, segmentBytes);
      opened = true;
      return log;
    } finally {
      if (!opened) {
        locked.close();
      }
    }
  }

  /** How many bytes of a half-written line were cut off when the log was opened. */
  public long cutBytes() {
    return cutBytes;
  }

  private static String newChain() {
    byte[] random = new byte[CHAIN_BYTES];
    new SecureRandom().nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  private static FileChannel open(Path segment) throws IOException {
    FileChannel opened =
        FileChannel.open(
            segment, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    opened.position(opened.size());
    return opened;
  }

  /**
   * Appends a receipt.
   *
   * @param id its name
   * @param signer signs it for its place in the log; what it signs is in the log, or nowhere
   * @return what {@code signer} returned
   * @throws IOException if it could not be written; the log is as it was before
   */
  String append(String id, Function<ChainLink, String> signer) throws IOException {
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the audit log is closed");
      }
      if (broken || end >= segmentBytes) {
        startSegment();
      }
      String jws = signer.apply(next);
      byte[] line = LogLine.of(jws).getBytes(US_ASCII);
      write(line);
      if (sync == Sync.ALWAYS) {
        force(channel);
      }
      index.put(id, new Place(segment, end, line.length));
      end += line.length;
      next = next.after(jws);
      unforced++;
      if (unforced == 1 || unforced == BATCH) {
        // Only then is there something new to do: woken by every line, the other thread would take
        // the lock as often as those who append.
        written.signal();
      }
      return jws;
    } finally {
      lock.unlock();
    }
  }

  private void write(byte[] line) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(line);
    try {
      while (buffer.hasRemaining()) {
        channel.write(buffer, end + buffer.position());
      }
    } catch (IOException e) {
      // A full disk takes a part of the line first.
      channel.truncate(end);
      throw e;
    }
  }

  /** Called with the lock held. */
  private void startSegment() throws IOException {
    Path path = directory.segment(next.seq());
    if (path.equals(segment)) {
      // Nothing was written to it since it began: there is nothing to keep apart.
      broken = false;
      return;
    }
    FileChannel fresh = open(path);
    channel.close();
    channel = fresh;
    segment = path;
    end = fresh.size();
    unforced = 0;
    if (broken) {
      next = new ChainLink(newChain(), next.seq(), next.prev());
      broken = false;
    }
  }

  private void force(FileChannel target) throws IOException {
    try {
      target.force(false);
    } catch (IOException e) {
      broken = true;
      throw e;
    }
  }

  private void forceLoop() {
    lock.lock();
    try {
      while (!closed) {
        if (unforced == 0) {
          written.await();
          continue;
        }
        long left = SYNC_MILLIS * 1_000_000;
        while (left > 0 && unforced < BATCH && !closed) {
          left = written.awaitNanos(left);
        }
        FileChannel target = channel;
        unforced = 0;
        if (!closed) {
          forceUnlocked(target);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Lets others append while the disk works. */
  private void forceUnlocked(FileChannel target) {
    lock.unlock();
    boolean failed = false;
    try {
      target.force(false);
    } catch (IOException e) {
      failed = target.isOpen();
      LOG.log(Level.ERROR, "the audit log could not be forced to the disk: {0}", e.getMessage());
    } finally {
      lock.lock();
    }
    broken = broken || failed;
  }

  /** The receipt of this name, if it is among the last 100,000. */
  Optional<String> find(String id) throws IOException {
    Place place;
    lock.lock();
    try {
      if (!index.containsKey(id)) {
        nameOldLines();
      }
      place = index.get(id);
    } finally {
      lock.unlock();
    }
    return place == null ? Optional.empty() : read(place);
  }

  /** A start does not wait for that. */
  private void nameOldLines() throws IOException {
    // Older than all that were written since: they come first, and are the first to be forgotten.
    for (Place place : unnamed.reversed()) {
      Optional<String> jws = read(place);
      try {
        if (jws.isPresent()) {
          index.putFirst(Receipt.of(jws.get(), Jws.parse(jws.get())).id(), place);
        }
      } catch (ReceiptException e) {
        LOG.log(Level.WARNING, "a line of the audit log has no receipt: {0}", e.getMessage());
      }
    }
    unnamed = List.of();
  }

  /** The receipt at {@code place}; empty if it is no longer there. */
  private static Optional<String> read(Place place) throws IOException {
    if (!Files.exists(place.segment())) {
      return Optional.empty();
    }
    byte[] line = new byte[place.length()];
    try (FileChannel in = FileChannel.open(place.segment(), StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.wrap(line);
      while (buffer.hasRemaining() && in.read(buffer, place.offset() + buffer.position()) >= 0) {
        // On to the rest of the line.
      }
      return LogLine.parse(new String(Arrays.copyOf(line, Math.max(0, line.length - 1)), US_ASCII));
    }
  }

  /**
   * Removes the oldest segments that {@code retention} does not keep, each after a signed statement
   * that it was removed. Others may append meanwhile. For one thread at a time.
   *
   * @return how many were removed
   */
  int trim(LogRetention retention, SigningKey key, Instant now)
      throws IOException, ReceiptException {
    Path current;
    lock.lock();
    try {
      current = segment;
    } finally {
      lock.unlock();
    }
    List<Path> segments = LogDirectory.segments(directory.path());
    long total = 0;
    for (Path one : segments) {
      total += Files.size(one);
    }
    int removed = 0;
    for (Path oldest : segments) {
      boolean old =
          Files.getLastModifiedTime(oldest).toInstant().isBefore(now.minus(retention.age()));
      if (oldest.equals(current) || !(old || total > retention.bytes())) {
        break;
      }
      Optional<ChainLink> next = LogDirectory.lastOf(oldest);
      if (next.isPresent()) {
        new Truncation(next.get()).write(directory.path(), key, now);
      }
      total -= Files.size(oldest);
      Files.delete(oldest);
      removed++;
    }
    return removed;
  }

  /** Forces what was written, and gives the directory free. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      written.signalAll();
      if (sync != Sync.OFF) {
        channel.force(true);
      }
      channel.close();
    } catch (IOException e) {
      LOG.log(Level.ERROR, "the audit log could not be forced to the disk: {0}", e.getMessage());
    } finally {
      lock.unlock();
      directory.close();
    }
  }
}
