package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import java.nio.ByteBuffer;

/**
 * The end of a container: how many entries there are and where their directory lies.
 *
 * <pre>
 * Zip64 end record and locator, if a field of the end record is all ones
 *  0 u32 0x06064B50, u64 44, u16 45, u16 45, u32 disk 0, u32 disk 0
 * 24 u64 entries, u64 entries, u64 bytes of the directory, u64 its offset
 * 56 u32 0x07064B50, u32 disk 0, u64 offset of the Zip64 end record, u32 disks 1
 * end record
 *  0 u32 0x06054B50, u16 disk 0, u16 disk 0, u16 entries, u16 entries
 * 12 u32 bytes of the directory, u32 its offset, u16 length of comment 0
 * </pre>
 *
 * @param entries how many, as declared
 * @param directoryOffset where the directory starts
 * @param directoryBytes its length; it ends where the end record or Zip64 end record starts
 * @param zip64 whether the archive has Zip64 structures
 */
record EndRecord(long entries, long directoryOffset, long directoryBytes, boolean zip64) {
  /** The longest end there can be. */
  static final int MAX_BYTES =
      ContainerFormat.ZIP64_END_BYTES
          + ContainerFormat.ZIP64_LOCATOR_BYTES
          + ContainerFormat.END_BYTES;

  private static final int ALL_ONES_16 = 0xFFFF;

  /**
   * @param tail the last bytes of the file, {@link #MAX_BYTES} or all of them
   * @param size of the file
   */
  static EndRecord read(ByteBuffer tail, long size, Faults faults) throws ArtifactException {
    int at = tail.limit() - ContainerFormat.END_BYTES;
    long offset = size - ContainerFormat.END_BYTES;
    signature(faults, offset, "end record", ContainerFormat.END_SIGNATURE, tail.getInt(at));
    expect(faults, offset + 4, "number of disks", 0, tail.getInt(at + 4));
    int entries = Short.toUnsignedInt(tail.getShort(at + 8));
    int entriesInAll = Short.toUnsignedInt(tail.getShort(at + 10));
    expect(faults, offset + 10, "number of entries", entries, entriesInAll);
    expect(faults, offset + 20, "length of the comment", 0, tail.getShort(at + 20));
    long bytes = Integer.toUnsignedLong(tail.getInt(at + 12));
    long start = Integer.toUnsignedLong(tail.getInt(at + 16));
    EndRecord end = new EndRecord(entries, start, bytes, false);
    if (entries == ALL_ONES_16
        || bytes == ContainerFormat.ALL_ONES
        || start == ContainerFormat.ALL_ONES) {
      end = readZip64(tail, size, end, faults);
      offset = size - MAX_BYTES;
    }
    if (end.directoryOffset < 0 || end.directoryOffset > offset) {
      throw faults.at(
          Code.CONTAINER_LAYOUT, offset, "directory", "0 to " + offset, end.directoryOffset);
    }
    expect(faults, offset, "directory", offset - end.directoryOffset, end.directoryBytes);
    return end;
  }

  private static EndRecord readZip64(ByteBuffer tail, long size, EndRecord end, Faults faults)
      throws ArtifactException {
    long offset = size - MAX_BYTES;
    if (offset < 0) {
      throw faults.at(Code.CONTAINER_LAYOUT, 0, "Zip64 end record", MAX_BYTES + " bytes", size);
    }
    signature(faults, offset, "Zip64 end", ContainerFormat.ZIP64_END_SIGNATURE, tail.getInt(0));
    expect(faults, offset + 4, "length", ContainerFormat.ZIP64_END_BYTES - 12, tail.getLong(4));
    int versions = ContainerFormat.VERSION_ZIP64 << 16 | ContainerFormat.VERSION_ZIP64;
    expect(faults, offset + 12, "versions", versions, tail.getInt(12));
    expect(faults, offset + 16, "disks", 0, tail.getLong(16));
    EndRecord wide = new EndRecord(tail.getLong(24), tail.getLong(48), tail.getLong(40), true);
    expect(faults, offset + 32, "number of entries", wide.entries, tail.getLong(32));
    long entries = Math.min(wide.entries, ALL_ONES_16);
    long bytes = Math.min(wide.directoryBytes, ContainerFormat.ALL_ONES);
    long start = Math.min(wide.directoryOffset, ContainerFormat.ALL_ONES);
    expect(faults, size - 12, "number of entries", entries, end.entries);
    expect(faults, size - 10, "length of the directory", bytes, end.directoryBytes);
    expect(faults, size - 6, "offset of the directory", start, end.directoryOffset);
    int at = ContainerFormat.ZIP64_END_BYTES;
    signature(
        faults,
        offset + at,
        "Zip64 locator",
        ContainerFormat.ZIP64_LOCATOR_SIGNATURE,
        tail.getInt(at));
    expect(faults, offset + at + 4, "disk", 0, tail.getInt(at + 4));
    expect(faults, offset + at + 8, "offset of the Zip64 end", offset, tail.getLong(at + 8));
    expect(faults, offset + at + 16, "number of disks", 1, tail.getInt(at + 16));
    return wide;
  }

  private static void signature(Faults faults, long offset, String what, int expected, int actual)
      throws ArtifactException {
    if (expected != actual) {
      throw faults.at(
          Code.CONTAINER_LAYOUT,
          offset,
          what,
          "signature %08x".formatted(expected),
          "%08x".formatted(actual));
    }
  }

  private static void expect(Faults faults, long offset, String what, long expected, long actual)
      throws ArtifactException {
    if (expected != actual) {
      throw faults.at(Code.CONTAINER_LAYOUT, offset, what, expected, actual);
    }
  }
}
