package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import ai.kolm.artifact.ArtifactException.Code;
import java.nio.ByteBuffer;

/**
 * A record of the directory as it stands in the file; nothing of it is checked beyond its place.
 *
 * @param at where it starts in the file
 * @param raw its bytes
 * @param name one char per byte
 * @param crc the CRC-32
 * @param size of the data
 * @param offset of the local header
 */
record DirectoryRecord(long at, ByteBuffer raw, String name, int crc, long size, long offset) {

  /**
   * Reads the record at the position of {@code directory} and moves behind it.
   *
   * @param start where the directory starts in the file
   * @param fileSize no size and offset can be larger
   */
  static DirectoryRecord read(ByteBuffer directory, long start, long fileSize, Faults faults)
      throws ArtifactException {
    int position = directory.position();
    long at = start + position;
    if (directory.remaining() < ContainerFormat.DIRECTORY_BYTES
        || directory.getInt(position) != ContainerFormat.DIRECTORY_SIGNATURE) {
      throw faults.at(Code.CONTAINER_LAYOUT, at, "directory", "a record", "none");
    }
    int nameLength = u16(directory, position + 28);
    int extraLength = u16(directory, position + 30);
    int length = ContainerFormat.DIRECTORY_BYTES + nameLength + extraLength;
    length += u16(directory, position + 32);
    if (length > directory.remaining()) {
      throw faults.at(
          Code.CONTAINER_LAYOUT, at, "record", directory.remaining() + " bytes at most", length);
    }
    ByteBuffer raw = directory.slice(position, length).order(directory.order());
    directory.position(position + length);
    byte[] name = new byte[nameLength];
    raw.get(ContainerFormat.DIRECTORY_BYTES, name);
    Zip64 wide = new Zip64(raw, ContainerFormat.DIRECTORY_BYTES + nameLength, extraLength);
    long size = wide.value(24);
    long compressed = wide.value(20);
    long offset = wide.value(42);
    if (size < 0 || compressed < 0 || offset < 0) {
      throw faults.at(Code.CONTAINER_HEADER, at, "Zip64 extra", "one value per wide field", "none");
    }
    // Sizes that differ are found when the record is compared; until then the larger one counts.
    size = Math.max(size, compressed);
    if (size > fileSize || offset > fileSize) {
      throw faults.at(
          Code.CONTAINER_LAYOUT,
          at,
          "size and offset",
          "at most " + fileSize,
          size + " and " + offset);
    }
    return new DirectoryRecord(at, raw, new String(name, ISO_8859_1), raw.getInt(16), size, offset);
  }

  int flags() {
    return u16(raw, 8);
  }

  int method() {
    return u16(raw, 10);
  }

  static int u16(ByteBuffer bytes, int at) {
    return Short.toUnsignedInt(bytes.getShort(at));
  }

  /** The values that do not fit into their fields, in the order of the fields. */
  private static final class Zip64 {
    private final ByteBuffer raw;
    private final int end;
    private int next;

    Zip64(ByteBuffer raw, int start, int length) {
      this.raw = raw;
      boolean present = length >= 4 && u16(raw, start) == ContainerFormat.ZIP64_ID;
      next = start + 4;
      end = present ? Math.min(next + u16(raw, start + 2), start + length) : 0;
    }

    /**
     * The value of the 32-bit field at {@code at}, from here if it does not fit there; negative if
     * it is missing.
     */
    long value(int at) {
      long field = Integer.toUnsignedLong(raw.getInt(at));
      if (field != ContainerFormat.ALL_ONES) {
        return field;
      }
      if (next + Long.BYTES > end) {
        return -1;
      }
      next += Long.BYTES;
      return raw.getLong(next - Long.BYTES);
    }
  }
}
