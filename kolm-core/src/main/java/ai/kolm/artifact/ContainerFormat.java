package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of the container, field by field.
 *
 * <p>A {@code .kolm} file is a ZIP in one exact profile: every entry stored, its data on a 4,096
 * byte page, one part directly behind the other: for each entry a local header and the data, then
 * the directory with a record per entry, then the end record. Apart from the contents nothing is
 * left to a writer's taste, so the headers that a file must have can be computed from the names,
 * sizes, checksums and places of its entries; the reader does that and compares.
 *
 * <pre>
 * local header                            directory record
 *  0 u32 0x04034B50                        0 u32 0x02014B50
 *  4 u16 version needed: 10, Zip64: 45     4 u16 version made by: 20, 45 if the archive has Zip64
 *                                          6 u16 version needed: 10, with a Zip64 extra: 45
 *  6 u16 flags 0                           8 u16 flags 0
 *  8 u16 method 0                         10 u16 method 0
 * 10 u16 time 0, u16 date 0x0021          12 u16 time 0, u16 date 0x0021
 * 14 u32 CRC-32                           16 u32 CRC-32
 * 18 u32 size, u32 size                   20 u32 size, u32 size
 * 26 u16 length of name, u16 of extras    28 u16 length of name, u16 of extras
 *                                         32 u16 comment, u16 disk, u16, u32 attributes: 0
 *                                         42 u32 offset of the local header
 * 30 name, Zip64 extra, 0xA11E extra      46 name, Zip64 extra, 0xA11E extra
 * </pre>
 *
 * <p>All numbers are little-endian. A size or offset that does not fit below 0xFFFFFFFF has that
 * value in its field and stands in the Zip64 extra ({@code u16 1, u16 length, u64...}): in a local
 * header both sizes, in the directory just the fields that do not fit. The 0xA11E extra is the
 * alignment, 4,096, followed in the local header by the zero bytes that move the data to a page.
 */
final class ContainerFormat {
  static final int ALIGNMENT = 4_096;
  static final int LOCAL_SIGNATURE = 0x04034B50;
  static final int DIRECTORY_SIGNATURE = 0x02014B50;
  static final int END_SIGNATURE = 0x06054B50;
  static final int ZIP64_END_SIGNATURE = 0x06064B50;
  static final int ZIP64_LOCATOR_SIGNATURE = 0x07064B50;

  static final int LOCAL_BYTES = 30;
  static final int DIRECTORY_BYTES = 46;
  static final int END_BYTES = 22;
  static final int ZIP64_END_BYTES = 56;
  static final int ZIP64_LOCATOR_BYTES = 20;

  static final int VERSION = 10;
  static final int VERSION_MADE_BY = 20;
  static final int VERSION_ZIP64 = 45;
  static final int DATE = 0x0021;
  static final int ZIP64_ID = 1;
  static final int ALIGNMENT_ID = 0xA11E;

  /** The alignment extra without padding: id, length, alignment. */
  static final int ALIGNMENT_BYTES = 6;

  /** The Zip64 extra of a local header: id, length, both sizes. */
  static final int LOCAL_ZIP64_BYTES = 20;

  /** What a 32-bit field says when its value stands elsewhere. */
  static final long ALL_ONES = 0xFFFF_FFFFL;

  static final int MAX_NAME = 128;

  static final String MANIFEST = "manifest.json";
  static final String CHUNKS = "chunks.bin";
  static final String ATTEST = "attest/";

  private ContainerFormat() {}

  /** A 64-bit value as it stands in a 32-bit field. */
  static int field(long value) {
    return (int) Math.min(value, ALL_ONES);
  }

  static boolean needsZip64(long value) {
    return value >= ALL_ONES;
  }

  /** The local header that an entry must have, without the padding that it declares. */
  static ByteBuffer localHeader(ContainerEntry entry, long offset) {
    boolean zip64 = needsZip64(entry.size());
    byte[] name = entry.name().getBytes(ISO_8859_1);
    int extras = (zip64 ? LOCAL_ZIP64_BYTES : 0) + ALIGNMENT_BYTES;
    int padding = (int) -(offset + LOCAL_BYTES + name.length + extras) & (ALIGNMENT - 1);
    ByteBuffer header = allocate(LOCAL_BYTES + name.length + extras);
    header.putInt(LOCAL_SIGNATURE).putShort((short) (zip64 ? VERSION_ZIP64 : VERSION));
    putCommon(header, entry, name.length, extras + padding).put(name);
    if (zip64) {
      header.putShort((short) ZIP64_ID).putShort((short) (2 * Long.BYTES));
      header.putLong(entry.size()).putLong(entry.size());
    }
    putAlignment(header, padding);
    return header.rewind();
  }

  /** The directory record that an entry must have. */
  static ByteBuffer directoryRecord(ContainerEntry entry, long offset, boolean zip64Archive) {
    byte[] name = entry.name().getBytes(ISO_8859_1);
    int wide = (needsZip64(entry.size()) ? 2 : 0) + (needsZip64(offset) ? 1 : 0);
    int extras = (wide > 0 ? 4 + wide * Long.BYTES : 0) + ALIGNMENT_BYTES;
    ByteBuffer record = allocate(DIRECTORY_BYTES + name.length + extras);
    record.putInt(DIRECTORY_SIGNATURE);
    record.putShort((short) (zip64Archive ? VERSION_ZIP64 : VERSION_MADE_BY));
    record.putShort((short) (wide > 0 ? VERSION_ZIP64 : VERSION));
    putCommon(record, entry, name.length, extras);
    record.position(42);
    record.putInt(field(offset)).put(name);
    if (wide > 0) {
      record.putShort((short) ZIP64_ID).putShort((short) (wide * Long.BYTES));
      if (needsZip64(entry.size())) {
        record.putLong(entry.size()).putLong(entry.size());
      }
      if (needsZip64(offset)) {
        record.putLong(offset);
      }
    }
    putAlignment(record, 0);
    return record.rewind();
  }

  /** The fields that both have: flags to the length of the extras. */
  private static ByteBuffer putCommon(
      ByteBuffer header, ContainerEntry entry, int nameLength, int extraLength) {
    header.putShort((short) 0).putShort((short) 0).putShort((short) 0).putShort((short) DATE);
    header.putInt(entry.crc()).putInt(field(entry.size())).putInt(field(entry.size()));
    return header.putShort((short) nameLength).putShort((short) extraLength);
  }

  private static void putAlignment(ByteBuffer header, int padding) {
    header.putShort((short) ALIGNMENT_ID).putShort((short) (2 + padding));
    header.putShort((short) ALIGNMENT);
  }

  static ByteBuffer allocate(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Whether entries may have this name: segments of {@code a-z 0-9 . _ -} that start with no dot
   * and no dash, separated by slashes, without {@code ..}, at most 128 bytes.
   */
  static boolean isName(String name) {
    if (name.isEmpty() || name.length() > MAX_NAME || name.contains("..")) {
      return false;
    }
    boolean segmentStarts = true;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean first = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      boolean later = first || c == '.' || c == '-';
      if (c == '/' ? segmentStarts : segmentStarts ? !first : !later) {
        return false;
      }
      segmentStarts = c == '/';
    }
    return !segmentStarts;
  }

  /** Orders entries: the manifest, attestations, the chunk digests, the rest; then by name. */
  static int compareNames(String a, String b) {
    int byRank = Integer.compare(rank(a), rank(b));
    return byRank != 0 ? byRank : a.compareTo(b);
  }

  private static int rank(String name) {
    if (name.equals(MANIFEST)) {
      return 0;
    }
    if (name.startsWith(ATTEST)) {
      return 1;
    }
    return name.equals(CHUNKS) ? 2 : 3;
  }
}
