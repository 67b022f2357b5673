package ai.kolm.journal;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The segments of a journal on disk: their names, reading and rewriting them, the lock. */
final class JournalFiles {
  private static final String SUFFIX = ".log";
  private static final String LOCK = ".lock";
  private static final int BUFFER = 1 << 16;

  private JournalFiles() {}

  /** The segment that starts with record {@code seq}. */
  static Path segment(Path directory, long seq) {
    return directory.resolve(seq + SUFFIX);
  }

  /** All segments, in order; none if there is no such directory. */
  static List<Path> segments(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).matches("[1-9][0-9]{0,17}\\.log"))
          .sorted(Comparator.comparingLong(JournalFiles::first))
          .toList();
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
  }

  /** The number in the name of a segment. */
  static long first(Path segment) {
    String name = String.valueOf(segment.getFileName());
    return Long.parseLong(name.substring(0, name.length() - SUFFIX.length()));
  }

  /** Takes the directory, which is created if there is none, for this process. */
  static FileChannel lock(Path directory) throws IOException {
    Files.createDirectories(directory);
    Path file = directory.resolve(LOCK);
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    boolean locked = false;
    try {
      locked = tryLock(channel);
      if (!locked) {
        throw new JournalInUseException(
            "process %s writes to %s".formatted(Files.readString(file).strip(), directory));
      }
      channel.truncate(0);
      byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(US_ASCII);
      channel.write(ByteBuffer.wrap(pid));
      return channel;
    } finally {
      if (!locked) {
        channel.close();
      }
    }
  }

  /** The process that has the directory; empty if none has. */
  static Optional<Long> holder(Path directory) throws IOException {
    Path file = directory.resolve(LOCK);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (tryLock(channel)) {
        return Optional.empty();
      }
      return Optional.of(Long.parseLong(Files.readString(file).strip()));
    } catch (NumberFormatException e) {
      return Optional.empty(); // it has just taken it, and not yet said who it is
    }
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false;
    }
  }

  /** What is done with a line; the payload is absent if the line is damaged. */
  interface Lines {
    void line(Optional<byte[]> payload, long offset) throws IOException;
  }

  /**
   * Reads the lines of a segment.
   *
   * @return where the last whole line ends
   */
  static long read(Path segment, Lines lines) throws IOException {
    byte[] line = new byte[BUFFER];
    int length = 0;
    long offset = 0;
    byte[] buffer = new byte[BUFFER];
    try (InputStream in = new BufferedInputStream(Files.newInputStream(segment), BUFFER)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        int from = 0;
        for (int i = 0; i < n; i++) {
          if (buffer[i] != '\n') {
            continue;
          }
          line = append(line, length, buffer, from, i);
          length += i - from;
          lines.line(JournalLine.parse(line, length), offset);
          offset += length + 1L;
          length = 0;
          from = i + 1;
        }
        line = append(line, length, buffer, from, n);
        length += n - from;
      }
    }
    return offset;
  }

  private static byte[] append(byte[] line, int length, byte[] from, int start, int end)
      throws IOException {
    int needed = length + end - start;
    if (needed > Journal.MAX_PAYLOAD + JournalLine.HEAD) {
      throw new IOException("a line of a journal is longer than any that is written");
    }
    byte[] longer =
        needed <= line.length ? line : Arrays.copyOf(line, Math.max(needed, 2 * length));
    System.arraycopy(from, start, longer, length, end - start);
    return longer;
  }

  /**
   * Writes a segment anew without the records that are not kept; under its name there is always
   * either the old one or the new one. A segment without records is deleted.
   *
   * @return how many records were removed
   */
  static int rewrite(Path segment, Predicate<byte[]> keep) throws IOException {
    int[] counts = new int[2];
    read(
        segment,
        (payload, _) -> {
          if (payload.isPresent()) {
            counts[keep.test(payload.get()) ? 0 : 1]++;
          }
        });
    if (counts[1] == 0) {
      return 0;
    }
    if (counts[0] == 0) {
      Files.delete(segment);
    } else {
      replace(segment, keep);
    }
    forceDirectory(segment);
    return counts[1];
  }

  private static void replace(Path segment, Predicate<byte[]> keep) throws IOException {
    Path temporary = segment.resolveSibling(segment.getFileName() + ".tmp");
    try (FileChannel out =
        FileChannel.open(
            temporary,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      read(
          segment,
          (payload, _) -> {
            if (payload.isPresent() && keep.test(payload.get())) {
              ByteBuffer line = ByteBuffer.wrap(JournalLine.of(payload.get()));
              while (line.hasRemaining()) {
                out.write(line);
              }
            }
          });
      out.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
    Files.move(temporary, segment, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void forceDirectory(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null || !Files.getFileStore(directory).supportsFileAttributeView("posix")) {
      return; // Windows opens no directories, and its renames are durable without this.
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
