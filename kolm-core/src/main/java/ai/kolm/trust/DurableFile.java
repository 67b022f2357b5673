package ai.kolm.trust;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Set;

/** Small files that are there as a whole or not at all, readable by their owner only if secret. */
public final class DurableFile {
  private static final int RANDOM_BYTES = 8;

  private DurableFile() {}

  /** Writes {@code file}, or puts new content in its place. */
  public static void write(Path file, byte[] bytes) throws IOException {
    Path temporary = temporary(file, bytes, false);
    try {
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
    forceDirectory(file);
  }

  /**
   * Writes a secret file, unless one of this name is there.
   *
   * @return {@code false} if there is
   */
  public static boolean create(Path file, byte[] bytes) throws IOException {
    Path temporary = temporary(file, bytes, true);
    try {
      // A link fails where the name is taken; a rename would replace what another process made.
      Files.createLink(file, temporary);
    } catch (FileAlreadyExistsException e) {
      return false;
    } finally {
      Files.deleteIfExists(temporary);
    }
    forceDirectory(file);
    return true;
  }

  private static Path temporary(Path file, byte[] bytes, boolean secret) throws IOException {
    Path directory = directory(file);
    Files.createDirectories(directory);
    byte[] random = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(random);
    Path temporary =
        directory.resolve(
            ".%s.%s.tmp".formatted(file.getFileName(), HexFormat.of().formatHex(random)));
    Set<StandardOpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try (FileChannel channel = FileChannel.open(temporary, options, attributes(file, secret))) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    } catch (IOException e) {
      Files.deleteIfExists(temporary);
      throw e;
    }
    return temporary;
  }

  private static FileAttribute<?>[] attributes(Path file, boolean secret) {
    if (!isPosix(file)) {
      return new FileAttribute<?>[0];
    }
    String permissions = secret ? "rw-------" : "rw-r--r--";
    return new FileAttribute<?>[] {
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
    };
  }

  static boolean isPosix(Path file) {
    return file.getFileSystem().supportedFileAttributeViews().contains("posix");
  }

  private static Path directory(Path file) {
    Path parent = file.toAbsolutePath().getParent();
    return parent == null ? file.toAbsolutePath() : parent;
  }

  static void forceDirectory(Path file) throws IOException {
    Path directory = directory(file);
    if (isPosix(file) && Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      // Windows opens no directories, and its renames are durable without this.
      try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
        channel.force(true);
      }
    }
  }
}
