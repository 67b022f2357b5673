package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.artifact.FirstFault.Rule;
import java.nio.ByteBuffer;

/**
 * Compares the two headers of an entry with those that it must have. Both follow from name, size,
 * checksum and place, so every byte has one allowed value; which rule a difference breaks depends
 * on the field it is in.
 */
final class HeaderCheck {
  private final DirectoryRecord record;
  private final ByteBuffer header;
  private final ContainerEntry entry;
  private final Faults faults;
  private final FirstFault first;
  private final String where;

  /**
   * @param header the local header as it stands in the file
   * @param entry what the directory says
   * @param first gets what is wrong
   */
  HeaderCheck(
      DirectoryRecord record,
      ByteBuffer header,
      ContainerEntry entry,
      Faults faults,
      FirstFault first) {
    this.record = record;
    this.header = header;
    this.entry = entry;
    this.faults = faults;
    this.first = first;
    where = "entry " + entry.name();
  }

  void check(boolean zip64Archive) {
    checkRecord(zip64Archive);
    checkLocal();
  }

  private void checkRecord(boolean zip64Archive) {
    if (record.method() != 0) {
      first.offer(
          Rule.CONSTANTS,
          faults.of(Code.CONTAINER_METHOD, where, "method", "0 (stored)", record.method()));
    }
    if (record.flags() != 0) {
      first.offer(
          Rule.CONSTANTS, faults.of(Code.CONTAINER_FLAGS, where, "flags", 0, record.flags()));
    }
    int difference =
        ContainerFormat.directoryRecord(entry, record.offset(), zip64Archive)
            .mismatch(record.raw());
    if (difference >= 0) {
      first.offer(
          Rule.CONSTANTS,
          faults.of(
              Code.CONTAINER_HEADER,
              where,
              "directory record is not as it must be, from byte " + (record.at() + difference)));
    }
  }

  private void checkLocal() {
    ByteBuffer expected = ContainerFormat.localHeader(entry, record.offset());
    int nameLength = entry.name().length();
    if (DirectoryRecord.u16(header, 26) != nameLength) {
      compare(expected, 26, 28, Rule.LOCAL_EQUALS_DIRECTORY, Code.CONTAINER_HEADER_MISMATCH);
      return;
    }
    int extras = ContainerFormat.LOCAL_BYTES + nameLength;
    int zip64 = ContainerFormat.needsZip64(entry.size()) ? ContainerFormat.LOCAL_ZIP64_BYTES : 0;
    int alignment = extras + zip64;
    int padding = alignment + ContainerFormat.ALIGNMENT_BYTES;
    if (header.limit() < padding) {
      first.offer(
          Rule.CONSTANTS,
          faults.of(
              Code.CONTAINER_HEADER,
              where,
              "extra fields of the local header",
              padding - extras + " bytes",
              header.limit() - extras));
      return;
    }
    compare(expected, 4, 6, Rule.CONSTANTS, Code.CONTAINER_HEADER);
    compare(expected, extras, extras + (zip64 > 0 ? 4 : 0), Rule.CONSTANTS, Code.CONTAINER_HEADER);
    compare(expected, alignment, alignment + 2, Rule.CONSTANTS, Code.CONTAINER_HEADER);
    compare(expected, alignment + 4, padding, Rule.CONSTANTS, Code.CONTAINER_HEADER);
    compare(expected, 6, 26, Rule.LOCAL_EQUALS_DIRECTORY, Code.CONTAINER_HEADER_MISMATCH);
    compare(
        expected,
        ContainerFormat.LOCAL_BYTES,
        extras,
        Rule.LOCAL_EQUALS_DIRECTORY,
        Code.CONTAINER_HEADER_MISMATCH);
    compare(
        expected,
        extras + (zip64 > 0 ? 4 : 0),
        alignment,
        Rule.LOCAL_EQUALS_DIRECTORY,
        Code.CONTAINER_HEADER_MISMATCH);
    compare(expected, 28, 30, Rule.ALIGNMENT, Code.CONTAINER_ALIGNMENT);
    compare(expected, alignment + 2, alignment + 4, Rule.ALIGNMENT, Code.CONTAINER_ALIGNMENT);
    checkPadding(padding);
  }

  private void checkPadding(int from) {
    for (int at = from; at < header.limit(); at++) {
      if (header.get(at) != 0) {
        first.offer(
            Rule.ALIGNMENT,
            faults.of(
                Code.CONTAINER_PADDING,
                where,
                "padding, byte " + (record.offset() + at),
                0,
                Byte.toUnsignedInt(header.get(at))));
        return;
      }
    }
  }

  private void compare(ByteBuffer expected, int from, int to, Rule rule, Code code) {
    int difference = expected.slice(from, to - from).mismatch(header.slice(from, to - from));
    if (difference >= 0) {
      int at = from + difference;
      first.offer(
          rule,
          faults.of(
              code,
              where,
              "local header, byte " + (record.offset() + at),
              Byte.toUnsignedInt(expected.get(at)),
              Byte.toUnsignedInt(header.get(at))));
    }
  }
}
