package ai.kolm.artifact;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Temporary files of artifacts: {@code .NAME.RANDOM.tmp} beside the file that they are to become. A
 * writer holds the lock of its own until it renames it, so a file that can be locked is one that a
 * killed process left. The age keeps apart one that was created and is about to be locked.
 */
final class Leftovers {
  private static final int RANDOM_BYTES = 8;
  private static final Duration AGE = Duration.ofMinutes(1);
  private static final LinkOption NOFOLLOW = LinkOption.NOFOLLOW_LINKS;

  private Leftovers() {}

  /** A new name of a temporary file for {@code target}. */
  static Path temporary(Path target) {
    byte[] random = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(random);
    return target.resolveSibling(
        ".%s.%s.tmp".formatted(target.getFileName(), HexFormat.of().formatHex(random)));
  }

  /** Removes what killed writers of {@code target} left; what cannot be removed stays. */
  static void remove(Path target) {
    Pattern name =
        Pattern.compile(
            "\\.%s\\.[0-9a-f]{%d}\\.tmp"
                .formatted(Pattern.quote(target.getFileName().toString()), 2 * RANDOM_BYTES));
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            target.resolveSibling(""),
            file -> name.matcher(file.getFileName().toString()).matches())) {
      for (Path file : files) {
        removeIfLeft(file);
      }
    } catch (IOException | DirectoryIteratorException e) {
      // Tidying up: what is to be written does not depend on it, and the next writer tries again.
    }
  }

  private static void removeIfLeft(Path file) throws IOException {
    Instant changed = Files.getLastModifiedTime(file, NOFOLLOW).toInstant();
    if (!Files.isRegularFile(file, NOFOLLOW) || changed.plus(AGE).isAfter(Instant.now())) {
      return;
    }
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, NOFOLLOW);
        FileLock lock = channel.tryLock()) {
      if (lock == null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      return;
    }
    Files.deleteIfExists(file);
  }
}
