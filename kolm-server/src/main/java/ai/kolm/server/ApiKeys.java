package ai.kolm.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys that clients may present. Only digests are kept, and all of them are compared, in a time
 * that does not depend on what was presented. Immutable.
 */
public final class ApiKeys {
  /** No key is wanted. */
  public static final ApiKeys NONE = new ApiKeys(List.of());

  private static final String SCHEME = "Bearer ";
  private static final int MAX_KEY = 256;
  private static final int MAX_KEYS = 1_024;
  private static final long MAX_FILE = 1 << 20;

  private final List<byte[]> digests;

  private ApiKeys(List<byte[]> digests) {
    this.digests = digests;
  }

  /**
   * These keys.
   *
   * @throws IllegalArgumentException if a key is not 1 to 256 printable characters of ASCII without
   *     spaces, or there are more than 1,024
   */
  public static ApiKeys of(List<String> keys) {
    if (keys.size() > MAX_KEYS) {
      throw new IllegalArgumentException(
          "at most %d keys, got %d".formatted(MAX_KEYS, keys.size()));
    }
    for (String key : keys) {
      if (key.length() > MAX_KEY || !key.matches("[!-~]+")) {
        throw new IllegalArgumentException(
            "a key has 1 to %d printable characters of ASCII, no spaces".formatted(MAX_KEY));
      }
    }
    return new ApiKeys(keys.stream().map(ApiKeys::digest).toList());
  }

  /**
   * The keys in a file, one a line; empty lines and lines that start with {@code #} do not count.
   *
   * @throws IOException if the file cannot be read
   * @throws IllegalArgumentException if it has no key, or one that is none; the message does not
   *     quote it
   */
  public static ApiKeys read(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE) {
      throw new IllegalArgumentException(
          "the file of keys has more than %,d bytes".formatted(MAX_FILE));
    }
    List<String> keys =
        Files.readAllLines(file, UTF_8).stream()
            .map(String::strip)
            .filter(line -> !line.isEmpty() && !line.startsWith("#"))
            .toList();
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("the file of keys has no key");
    }
    return of(keys);
  }

  /** Whether a key is wanted at all. */
  public boolean areWanted() {
    return !digests.isEmpty();
  }

  /** Whether {@code authorization}, the header, has one of the keys. */
  boolean allow(@Nullable String authorization) {
    return allowKey(bearer(authorization));
  }

  /** Whether {@code key} is one of the keys. */
  boolean allowKey(@Nullable String key) {
    byte[] presented = digest(key == null || key.length() > MAX_KEY ? "" : key);
    boolean found = false;
    for (byte[] digest : digests) {
      found |= MessageDigest.isEqual(digest, presented);
    }
    return found && key != null;
  }

  private static @Nullable String bearer(@Nullable String authorization) {
    return authorization != null
            && authorization.length() <= SCHEME.length() + MAX_KEY
            && authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? authorization.substring(SCHEME.length()).strip()
        : null;
  }

  private static byte[] digest(String key) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(key.getBytes(UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Nothing of the keys. */
  @Override
  public String toString() {
    return "ApiKeys[%d]".formatted(digests.size());
  }
}
