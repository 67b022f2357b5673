package ai.kolm.journal;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/**
 * An append-only file of records, in segments of 64 MiB:
 *
 * <pre>{@code
 * try (Journal journal = Journal.open(directory, Journal.Durability.KILL)) {
 *   journal.append(payload);
 * }
 * Journal.scan(directory, payload -> ...);
 * }</pre>
 *
 * <p>A record is acknowledged when {@link #append} returns. Then it survives the death of the
 * process; with {@link Durability#SYNC} that of the machine too. Opening cuts off a line that was
 * not written to its end, and keeps damaged lines elsewhere, which are skipped and counted. A write
 * that fails is rolled back. A force that fails is not tried again, because the next one would
 * report success over lost pages: the segment is closed, and a new one begins.
 *
 * <p>Files are {@code DIRECTORY/<number of the first record>.log}, lines {@code K1 <CRC-32C>
 * <payload>}. One process at a time may write; any may read. Safe for use by many threads.
 */
public final class Journal implements AutoCloseable {
  /** The longest payload, in bytes. */
  public static final int MAX_PAYLOAD = 64 << 20;

  /** When a segment is full. */
  static final long SEGMENT_BYTES = 64L << 20;

  private static final System.Logger LOG = System.getLogger("ai.kolm.journal");
  private static final long FORCE_MILLIS = 1_000;

  /** What an acknowledged record survives. */
  public enum Durability {
    /** The death of the process; the disk is told to write at most a second later. */
    KILL,
    /** The loss of power: {@link Journal#append} waits for the disk. */
    SYNC
  }

  /** What is done with a record. */
  @FunctionalInterface
  public interface Visitor {
    /** Takes the payload of a record. */
    void record(byte[] payload) throws IOException;
  }

  /**
   * What a scan found.
   *
   * @param records whole records
   * @param damaged lines whose checksum does not fit
   * @param bytes length of all segments
   */
  public record Scan(long records, long damaged, long bytes) {}

  private final Path directory;
  private final Durability durability;
  private final JournalDisk disk;
  private final long segmentBytes;
  private final FileChannel locked;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition written = lock.newCondition();
  private final Thread forcing;
  private long cutBytes;
  private Path segment;
  private JournalDisk.File file;
  private long nextSeq;
  private long end;
  private boolean unforced;
  private boolean broken;
  private boolean closed;

  private Journal(
      Path directory,
      Durability durability,
      JournalDisk disk,
      long segmentBytes,
      FileChannel locked)
      throws IOException {
    this.directory = directory;
    this.durability = durability;
    this.disk = disk;
    this.segmentBytes = segmentBytes;
    this.locked = locked;
    List<Path> segments = JournalFiles.segments(directory);
    segment = segments.isEmpty() ? JournalFiles.segment(directory, 1) : segments.getLast();
    nextSeq = JournalFiles.first(segment);
    if (!segments.isEmpty()) {
      end = JournalFiles.read(segment, (_, _) -> nextSeq++);
    }
    file = disk.open(segment);
    cutBytes = file.size() - end;
    if (cutBytes > 0) {
      file.truncate(end);
      file.force();
    }
    forcing = Thread.ofPlatform().daemon().name("kolm-journal-sync").unstarted(this::forceLoop);
  }

  /**
   * Opens the journal in {@code directory}, which is created if there is none.
   *
   * @throws JournalInUseException if another process writes to it
   */
  public static Journal open(Path directory, Durability durability) throws IOException {
    return open(directory, durability, JournalDisk.REAL, SEGMENT_BYTES);
  }

  static Journal open(Path directory, Durability durability, JournalDisk disk, long segmentBytes)
      throws IOException {
    FileChannel locked = JournalFiles.lock(directory);
    boolean opened = false;
    try {
      Journal journal = new Journal(directory, durability, disk, segmentBytes, locked);
      if (durability == Durability.KILL) {
        journal.forcing.start();
      }
      opened = true;
      return journal;
    } finally {
      if (!opened) {
        locked.close();
      }
    }
  }

  /** The process that writes to a journal; empty if none does. */
  public static Optional<Long> writer(Path directory) throws IOException {
    return JournalFiles.holder(directory);
  }

  /** How many bytes of a half-written line were cut off when the journal was opened. */
  public long cutBytes() {
    return cutBytes;
  }

  /**
   * Appends a record.
   *
   * @param payload at most {@link #MAX_PAYLOAD} bytes, none of them a line feed
   * @throws IOException if it is not acknowledged; nothing of it is left where that can be helped,
   *     and the journal can be written to again when the disk can
   */
  public void append(byte[] payload) throws IOException {
    if (payload.length > MAX_PAYLOAD) {
      throw new IllegalArgumentException(
          "a payload of %,d bytes, at most %,d allowed".formatted(payload.length, MAX_PAYLOAD));
    }
    byte[] line = JournalLine.of(payload);
    lock.lock();
    try {
      if (closed) {
        throw new IOException("the journal is closed: " + directory);
      }
      if (broken || end >= segmentBytes) {
        startSegment();
      }
      write(line);
      if (durability == Durability.SYNC) {
        forceNow(line);
      }
      end += line.length;
      nextSeq++;
      unforced = true;
      written.signal();
    } finally {
      lock.unlock();
    }
  }

  private void write(byte[] line) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(line);
    try {
      while (buffer.hasRemaining()) {
        if (file.write(buffer, end + buffer.position()) <= 0) {
          throw new IOException("the disk takes no more bytes: " + segment);
        }
      }
    } catch (IOException e) {
      rollBack(e);
      throw e;
    }
  }

  /** A full disk takes a part of the line first. */
  private void rollBack(IOException cause) {
    try {
      file.truncate(end);
    } catch (IOException e) {
      broken = true;
      cause.addSuppressed(e);
    }
  }

  private void forceNow(byte[] line) throws IOException {
    try {
      file.force();
    } catch (IOException e) {
      broken = true;
      rollBack(e);
      LOG.log(Level.ERROR, "{0} of {1} bytes was not forced", segment, line.length);
      throw e;
    }
  }

  /** Called with the lock held. */
  private void startSegment() throws IOException {
    Path path = JournalFiles.segment(directory, Math.max(nextSeq, JournalFiles.first(segment) + 1));
    JournalDisk.File fresh = disk.open(path);
    try {
      file.close();
    } catch (IOException e) {
      LOG.log(Level.WARNING, "{0} could not be closed: {1}", segment, e.getMessage());
    }
    file = fresh;
    segment = path;
    nextSeq = JournalFiles.first(path);
    end = fresh.size();
    unforced = false;
    broken = false;
  }

  private void forceLoop() {
    lock.lock();
    try {
      while (!closed) {
        if (!unforced) {
          written.await();
          continue;
        }
        long left = FORCE_MILLIS * 1_000_000;
        while (left > 0 && !closed) {
          left = written.awaitNanos(left);
        }
        if (!closed) {
          unforced = false;
          forceUnlocked(file);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  /** Lets others append while the disk works. */
  private void forceUnlocked(JournalDisk.File target) {
    lock.unlock();
    boolean failed = false;
    try {
      target.force();
    } catch (IOException e) {
      failed = true;
      LOG.log(Level.ERROR, "a journal could not be forced to the disk: {0}", e.getMessage());
    } finally {
      lock.lock();
    }
    broken = broken || (failed && target.equals(file) && !closed);
  }

  /**
   * Removes records: no byte of them is left in the journal when this returns.
   *
   * @param keep which records stay
   * @return how many were removed
   */
  public int remove(Predicate<byte[]> keep) throws IOException {
    lock.lock();
    try {
      int removed = 0;
      for (Path path : JournalFiles.segments(directory)) {
        boolean current = path.equals(segment);
        if (current) {
          file.force();
          file.close();
        }
        try {
          removed += JournalFiles.rewrite(path, keep);
        } finally {
          if (current) {
            file = disk.open(segment);
            end = file.size();
          }
        }
      }
      return removed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads all records in their order. No lock is needed: a line that is just being written is not
   * seen.
   */
  public static Scan scan(Path directory, Visitor visitor) throws IOException {
    long[] counts = new long[2];
    long bytes = 0;
    for (Path path : JournalFiles.segments(directory)) {
      bytes += Files.size(path);
      JournalFiles.read(
          path,
          (payload, _) -> {
            counts[payload.isPresent() ? 0 : 1]++;
            if (payload.isPresent()) {
              visitor.record(payload.get());
            }
          });
    }
    return new Scan(counts[0], counts[1], bytes);
  }

  /** Deletes a journal that nobody writes to, its lock file included. */
  public static void delete(Path directory) throws IOException {
    FileChannel lock = JournalFiles.lock(directory);
    try {
      for (Path path : JournalFiles.segments(directory)) {
        Files.delete(path);
      }
    } finally {
      lock.close();
    }
    Files.deleteIfExists(directory.resolve(".lock"));
  }

  /** Forces what was written, and gives the directory free. */
  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      written.signal();
      try {
        if (!broken) {
          file.force();
        }
        file.close();
      } finally {
        locked.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
