package ai.kolm.trust;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.trust.TrustException.Code;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * The file of a private key: PKCS#8 PEM that only its owner can read. It is created complete and
 * with these permissions, or not at all; of several processes that create it at the same time one
 * wins, and all use its key.
 */
public final class SigningKeyFile {
  private static final int MAX_BYTES = 4 << 10;

  private final Path file;

  /** The key file at {@code file}, which need not exist. */
  public SigningKeyFile(Path file) {
    this.file = file;
  }

  /** Where the key is, or would be. */
  public Path path() {
    return file;
  }

  /** Whether there is a file. */
  public boolean exists() {
    return Files.exists(file);
  }

  /**
   * Reads the key.
   *
   * @throws TrustException {@code key_missing}; {@code key_permissions} if others can read the file
   *     or it is no regular one; {@code key_invalid}
   */
  public SigningKey read() throws IOException, TrustException {
    checkPermissions();
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    } catch (NoSuchFileException e) {
      throw new TrustException(Code.KEY_MISSING, "there is no signing key at " + file);
    }
    if (bytes.length > MAX_BYTES) {
      throw new TrustException(Code.KEY_INVALID, "%s: not a key: too long".formatted(file));
    }
    return SigningKey.ofPem(new String(bytes, US_ASCII), file.toString());
  }

  private void checkPermissions() throws IOException, TrustException {
    if (!Files.exists(file)) {
      throw new TrustException(Code.KEY_MISSING, "there is no signing key at " + file);
    }
    if (!Files.isRegularFile(file)) {
      throw new TrustException(Code.KEY_PERMISSIONS, file + " is no regular file");
    }
    if (DurableFile.isPosix(file)) {
      Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(file);
      EnumSet<PosixFilePermission> others = EnumSet.noneOf(PosixFilePermission.class);
      others.addAll(permissions);
      others.removeAll(PosixFilePermissions.fromString("rwx------"));
      if (!others.isEmpty()) {
        throw new TrustException(
            Code.KEY_PERMISSIONS,
            "%s can be used by others (%s); make it your own with: chmod 600 %s"
                .formatted(file, PosixFilePermissions.toString(permissions), file));
      }
    }
  }

  /**
   * Reads the key, or creates one and puts its public key into {@code trust}.
   *
   * @throws TrustException as {@link #read}
   */
  public SigningKey readOrCreate(TrustDirectory trust) throws IOException, TrustException {
    if (!exists()) {
      SigningKey created = SigningKey.generate();
      if (DurableFile.create(file, created.pem().getBytes(US_ASCII))) {
        trust.trust(created.publicKey(), TrustedKey.Terms.OWN);
        return created;
      }
    }
    return read();
  }

  /**
   * Puts another key in the place of this one, which is kept at {@code retired}.
   *
   * @return the new key
   */
  SigningKey replace(Path retired) throws IOException {
    SigningKey next = SigningKey.generate();
    Path directory = retired.toAbsolutePath().getParent();
    if (directory != null) {
      Files.createDirectories(directory);
    }
    Path prepared = file.resolveSibling(file.getFileName() + ".next");
    Files.deleteIfExists(prepared);
    DurableFile.create(prepared, next.pem().getBytes(US_ASCII));
    if (!Files.exists(retired)) {
      Files.createLink(retired, file);
    }
    DurableFile.forceDirectory(retired);
    Files.move(prepared, file, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    DurableFile.forceDirectory(file);
    return next;
  }
}
