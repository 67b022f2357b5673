package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.receipt.ReceiptException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The segments of an audit log, and the lock that one process has on them. */
final class LogDirectory implements AutoCloseable {
  /** When a segment is full. */
  static final long SEGMENT_BYTES = 64L << 20;

  private static final String SUFFIX = ".log";
  private static final String LOCK = ".lock";
  private static final int RECENT = 1_000;

  /** More than a line. */
  private static final int BUFFER = 1 << 16;

  private final Path directory;
  private final FileChannel lock;

  private LogDirectory(Path directory, FileChannel lock) {
    this.directory = directory;
    this.lock = lock;
  }

  /**
   * The last segment as it was found.
   *
   * @param segment the file, cut after its last whole line
   * @param first the number in its name
   * @param next the place after its last receipt; absent if it has none
   * @param cutBytes what was cut off
   * @param recent the last lines
   */
  record Recovered(
      Path segment, long first, Optional<ChainLink> next, long cutBytes, List<Place> recent) {}

  /** Where a line is, its end included. */
  record Place(Path segment, long offset, int length) {}

  /** Takes the directory, which is created if there is none. */
  static LogDirectory lock(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve(LOCK);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked = tryLock(channel);
      if (!locked) {
        throw new LogInUseException(
            "process %s writes to the audit log %s"
                .formatted(Files.readString(file).strip(), directory));
      }
      channel.truncate(0);
      channel.write(
          ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(US_ASCII)));
      return new LogDirectory(directory, channel);
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  Path path() {
    return directory;
  }

  /** The segment that starts with receipt {@code seq}. */
  Path segment(long seq) {
    return directory.resolve(seq + SUFFIX);
  }

  /** All segments of a log, in order. */
  static List<Path> segments(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().matches("[1-9][0-9]{0,17}\\.log"))
          .sorted(Comparator.comparingLong(LogDirectory::first))
          .toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
  }

  private static long first(Path segment) {
    String name = String.valueOf(segment.getFileName());
    return Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
  }

  /** What is done with a line of a segment. */
  interface Lines {
    /**
     * A line.
     *
     * @param line without its end
     * @param offset where it starts
     */
    void line(String line, long offset) throws ReceiptException;
  }

  /**
   * Reads the lines of a segment.
   *
   * @return where the last whole line ends
   */
  static long read(Path segment, Lines lines) throws IOException, ReceiptException {
    byte[] buffer = new byte[BUFFER];
    long offset = 0; // of the buffer
    int filled = 0;
    try (InputStream in = Files.newInputStream(segment)) {
      for (int n = in.read(buffer); n > 0; n = in.read(buffer, filled, BUFFER - filled)) {
        String text = new String(buffer, 0, filled + n, ISO_8859_1);
        int start = 0;
        for (int end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
          lines.line(text.substring(start, end), offset + start);
          start = end + 1;
        }
        offset += start;
        filled = text.length() - start;
        if (filled >= LogLine.MAX_LENGTH) {
          throw damaged(segment, offset);
        }
        System.arraycopy(buffer, start, buffer, 0, filled);
      }
    }
    return offset;
  }

  static ReceiptException damaged(Path segment, long offset) {
    return new ReceiptException(
        Code.LOG_DAMAGED,
        "%s: the line at byte %,d is not as it was written".formatted(segment, offset));
  }

  /** Reads the last segment, and cuts off a line that was not written to its end. */
  Optional<Recovered> recover() throws IOException, ReceiptException {
    List<Path> segments = segments(directory);
    if (segments.isEmpty()) {
      return Optional.empty();
    }
    Path last = segments.getLast();
    Deque<Place> recent = new ArrayDeque<>();
    LastReceipt lastReceipt = new LastReceipt(last);
    long end =
        read(
            last,
            (line, offset) -> {
              lastReceipt.line(line, offset);
              recent.add(new Place(last, offset, line.length() + 1));
              if (recent.size() > RECENT) {
                recent.remove();
              }
            });
    long cut = Files.size(last) - end;
    if (cut > 0) {
      try (FileChannel channel = FileChannel.open(last, StandardOpenOption.WRITE)) {
        channel.truncate(end);
        channel.force(true);
      }
    }
    Optional<ChainLink> next = lastReceipt.next();
    if (next.isEmpty() && segments.size() > 1) {
      // The process died after it had begun a segment, and before it wrote to it.
      next = lastOf(segments.get(segments.size() - 2));
    }
    return Optional.of(new Recovered(last, first(last), next, cut, List.copyOf(recent)));
  }

  /** The place after the last receipt of a segment. */
  static Optional<ChainLink> lastOf(Path segment) throws IOException, ReceiptException {
    LastReceipt last = new LastReceipt(segment);
    read(segment, last);
    return last.next();
  }

  /** The last of the receipts in the lines of a segment, whose form is checked. */
  private static final class LastReceipt implements Lines {
    private final Path segment;
    private String jws = "";

    LastReceipt(Path segment) {
      this.segment = segment;
    }

    @Override
    public void line(String line, long offset) throws ReceiptException {
      jws = LogLine.parse(line).orElseThrow(() -> damaged(segment, offset));
    }

    /** The place after it, if there is one. */
    Optional<ChainLink> next() throws ReceiptException {
      return jws.isEmpty()
          ? Optional.empty()
          : Receipt.of(jws, Jws.parse(jws)).link().map(link -> link.after(jws));
    }
  }

  @Override
  public void close() {
    try {
      lock.close();
    } catch (IOException e) {
      // The lock ends with the process at the latest.
    }
  }
}
