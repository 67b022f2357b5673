package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.regex.Pattern;

/**
 * The digest of an entry. Up to 4 MiB it is the SHA-256 of the bytes. A larger entry is cut into
 * chunks of 4 MiB, and the digest is the SHA-256 over {@code "kolm-tree-v1"}, a zero byte, the size
 * (u64, big-endian) and the SHA-256 of each chunk. So chunks can be checked by several threads and
 * as they arrive, and damage is found to within a chunk.
 *
 * @param text {@code sha256:} or {@code sha256t:} and 64 lower-case hexadecimal digits
 */
public record EntryDigest(String text) {
  static final String PLAIN = "sha256:";
  static final String TREE = "sha256t:";

  private static final Pattern FORM = Pattern.compile("sha256t?:[0-9a-f]{64}");
  private static final byte[] TREE_LABEL = "kolm-tree-v1\0".getBytes(US_ASCII);

  /**
   * @throws IllegalArgumentException if {@code text} has another form
   */
  public EntryDigest {
    if (!FORM.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "a digest is sha256: or sha256t: and 64 hexadecimal digits, not \"" + text + "\"");
    }
  }

  /**
   * The digest of an entry whose chunks are known.
   *
   * @param size of the entry, in bytes
   * @param chunks the SHA-256 of each chunk one behind the other; of an entry of at most 4 MiB, the
   *     SHA-256 of its bytes
   */
  static EntryDigest ofChunks(long size, byte[] chunks) {
    if (size <= EntryChunks.CHUNK_BYTES) {
      return new EntryDigest(PLAIN + Sha256.hex(chunks));
    }
    MessageDigest digest = Sha256.start();
    digest.update(TREE_LABEL);
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, size));
    digest.update(chunks);
    return new EntryDigest(TREE + Sha256.hex(digest.digest()));
  }

  /** Whether this is a digest over chunks, as every entry of more than 4 MiB has it. */
  public boolean isTree() {
    return text.startsWith(TREE);
  }

  /** The 64 hexadecimal digits. */
  public String hex() {
    return text.substring(text.indexOf(':') + 1);
  }

  @Override
  public String toString() {
    return text;
  }
}
