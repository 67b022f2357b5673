package ai.kolm.capture;

import ai.kolm.trust.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Set;

/** The master key of the captures of a user: 32 random bytes, readable by the owner only. */
final class CaptureKey {
  private static final int BYTES = 32;

  private CaptureKey() {}

  /**
   * Reads the key, which is made if there is none.
   *
   * @throws CaptureException {@code KEY} if the file is not a key, or others may read it
   */
  static byte[] readOrCreate(Path file) throws IOException, CaptureException {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      byte[] fresh = new byte[BYTES];
      new SecureRandom().nextBytes(fresh);
      DurableFile.create(file, fresh);
      Arrays.fill(fresh, (byte) 0);
    }
    return read(file);
  }

  /** Reads the key, which must be there. */
  static byte[] read(Path file) throws IOException, CaptureException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) || Files.size(file) != BYTES) {
      throw new CaptureException(
          CaptureException.Reason.KEY, file + ": not a capture key of 32 bytes");
    }
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      permissions.removeAll(
          Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE));
      if (!permissions.isEmpty()) {
        throw new CaptureException(
            CaptureException.Reason.KEY, file + ": others may read the capture key; chmod 600 it");
      }
    }
    return Files.readAllBytes(file);
  }
}
