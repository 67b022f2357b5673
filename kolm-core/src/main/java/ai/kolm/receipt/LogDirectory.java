package ai.kolm.receipt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.receipt.ReceiptException.Code;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** The segments of an audit log, and the lock that one process has on them. */
final class LogDirectory implements AutoCloseable {
  /** When a segment is full. */
  static final long SEGMENT_BYTES = 64L << 20;

  private static final String SUFFIX = ".log";
  private static final String LOCK = ".lock";
  private static final int RECENT = 1_000;

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
   * @param recent offset and length of the last lines, by the name of their receipt
   */
  record Recovered(
      Path segment,
      long first,
      Optional<ChainLink> next,
      long cutBytes,
      Map<String, long[]> recent) {}

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
    long offset = 0;
    ByteArrayOutputStream line = new ByteArrayOutputStream(LogLine.MAX_LENGTH);
    try (InputStream in = new BufferedInputStream(Files.newInputStream(segment), 1 << 16)) {
      for (int b = in.read(); b >= 0; b = in.read()) {
        if (b == '\n') {
          lines.line(line.toString(US_ASCII), offset);
          offset += line.size() + 1L;
          line.reset();
        } else if (line.size() < LogLine.MAX_LENGTH) {
          line.write(b);
        } else {
          throw damaged(segment, offset);
        }
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
    LinkedHashMap<Long, String> tail = new LinkedHashMap<>();
    long end =
        read(
            last,
            (line, offset) -> {
              String jws = LogLine.parse(line).orElseThrow(() -> damaged(last, offset));
              tail.put(offset, jws);
              if (tail.size() > RECENT) {
                tail.remove(tail.firstEntry().getKey());
              }
            });
    long cut = Files.size(last) - end;
    if (cut > 0) {
      try (FileChannel channel = FileChannel.open(last, StandardOpenOption.WRITE)) {
        channel.truncate(end);
        channel.force(true);
      }
    }
    Map<String, long[]> recent = new LinkedHashMap<>();
    Optional<ChainLink> next = Optional.empty();
    for (Map.Entry<Long, String> line : tail.entrySet()) {
      String jws = line.getValue();
      Receipt receipt = Receipt.of(jws, Jws.parse(jws));
      recent.put(receipt.id(), new long[] {line.getKey(), LogLine.of(jws).length()});
      next = receipt.link().map(link -> link.after(jws));
    }
    if (next.isEmpty() && segments.size() > 1) {
      // The process died after it had begun a segment, and before it wrote to it.
      next = lastOf(segments.get(segments.size() - 2));
    }
    return Optional.of(new Recovered(last, first(last), next, cut, recent));
  }

  /** The place after the last receipt of a segment. */
  static Optional<ChainLink> lastOf(Path segment) throws IOException, ReceiptException {
    List<String> last = new ArrayList<>();
    read(
        segment,
        (line, offset) -> {
          last.clear();
          last.add(LogLine.parse(line).orElseThrow(() -> damaged(segment, offset)));
        });
    if (last.isEmpty()) {
      return Optional.empty();
    }
    String jws = last.getFirst();
    return Receipt.of(jws, Jws.parse(jws)).link().map(link -> link.after(jws));
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
