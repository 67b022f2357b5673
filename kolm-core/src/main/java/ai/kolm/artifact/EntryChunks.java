package ai.kolm.artifact;

import java.util.Arrays;

/**
 * The chunks of an entry and what each must hash to: for a loader that checks bytes as it uses
 * them. An entry of at most 4 MiB is one chunk. Immutable.
 */
public final class EntryChunks {
  /** The length of a chunk in bytes, 4 MiB; the last one of an entry may be shorter. */
  public static final int CHUNK_BYTES = 4 << 20;

  private final String name;
  private final long size;
  private final byte[] digests;

  /**
   * @param digests the SHA-256 of each chunk one behind the other
   */
  EntryChunks(String name, long size, byte[] digests) {
    this.name = name;
    this.size = size;
    this.digests = digests;
  }

  /** How many chunks an entry of {@code size} bytes has. */
  static int count(long size) {
    return size == 0 ? 1 : Math.toIntExact(Math.ceilDiv(size, CHUNK_BYTES));
  }

  /** The name of the entry. */
  public String name() {
    return name;
  }

  /** How many chunks there are, at least one. */
  public int count() {
    return count(size);
  }

  /** Where a chunk starts in the entry, in bytes. */
  public long offset(int chunk) {
    return (long) chunk * CHUNK_BYTES;
  }

  /** The length of a chunk in bytes. */
  public int length(int chunk) {
    return (int) Math.min(CHUNK_BYTES, size - offset(chunk));
  }

  /**
   * Whether a chunk is intact.
   *
   * @param sha256 the 32 bytes of the SHA-256 of what was read
   */
  public boolean matches(int chunk, byte[] sha256) {
    int at = chunk * Sha256.BYTES;
    return Arrays.equals(digests, at, at + Sha256.BYTES, sha256, 0, sha256.length);
  }

  /** What the chunk must hash to, in hexadecimal. */
  String hex(int chunk) {
    int at = chunk * Sha256.BYTES;
    return Sha256.hex(Arrays.copyOfRange(digests, at, at + Sha256.BYTES));
  }

  /** The bytes of the entry that a chunk is, for messages. */
  String range(int chunk) {
    long from = offset(chunk);
    long last = from + length(chunk) - 1;
    return "entry %s, bytes %d-%d".formatted(name, from, Math.max(from, last));
  }
}
