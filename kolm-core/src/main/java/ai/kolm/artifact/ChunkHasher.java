package ai.kolm.artifact;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.zip.CRC32;

/**
 * Computes SHA-256 and CRC-32 of a range of bytes in one pass, through a buffer on the heap: there
 * the JDK's SHA-256 is fastest. Belongs to one thread.
 */
final class ChunkHasher {
  /**
   * Smaller than what a processor fetches ahead of a copy, 20 lines of 64 bytes or more: so memory
   * delivers the next block while this one is hashed.
   */
  static final int BLOCK_BYTES = 1 << 10;

  private final MessageDigest sha256 = Sha256.start();
  private final CRC32 crc = new CRC32();
  private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);

  /** Where bytes come from. */
  interface Source {
    /** Fills {@code into} with the bytes from {@code offset} on. */
    void read(ByteBuffer into, long offset) throws IOException, ArtifactException;
  }

  /** The SHA-256 of {@code length} bytes from {@code offset} on; {@link #crc} has their CRC-32. */
  byte[] hash(Source source, long offset, long length) throws IOException, ArtifactException {
    return hash(source, offset, length, true);
  }

  /** As above; {@code checksum}: whether {@link #crc} is wanted, too. */
  byte[] hash(Source source, long offset, long length, boolean checksum)
      throws IOException, ArtifactException {
    crc.reset();
    for (long done = 0; done < length; done += block.limit()) {
      block.clear().limit((int) Math.min(BLOCK_BYTES, length - done));
      source.read(block, offset + done);
      sha256.update(block.array(), 0, block.limit());
      if (checksum) {
        crc.update(block.array(), 0, block.limit());
      }
    }
    return sha256.digest();
  }

  /** The CRC-32 of the last range. */
  int crc() {
    return (int) crc.getValue();
  }
}
