package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.artifact.FirstFault.Rule;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the structure of a container strictly. Whatever two ZIP readers could understand
 * differently is refused, so that there is one reading of every file that is accepted: layout,
 * limits, constants, agreement of local header and directory, alignment and padding, names. The
 * first rule in this order that is broken gives the code of the refusal.
 *
 * <p>Costs: the directory, at most 1 MiB, and one local header at a time; nothing of the data.
 */
final class ContainerReader {
  /** A local header with the longest legal name and extras. */
  private static final int USUAL_HEADER_BYTES = 2 * ContainerFormat.ALIGNMENT;

  private final FileChannel channel;
  private final long size;
  private final Faults faults;
  private final FirstFault first = new FirstFault();
  private final Set<String> names = new HashSet<>();
  private ByteBuffer buffer = ContainerFormat.allocate(USUAL_HEADER_BYTES);
  private String previousName = "";

  private ContainerReader(FileChannel channel, long size, Faults faults) {
    this.channel = channel;
    this.size = size;
    this.faults = faults;
  }

  /**
   * The entries of a container, in its order.
   *
   * @param size of the file; it is read as if it ended there
   */
  static List<ContainerEntry> read(
      FileChannel channel, long size, ArtifactLimits limits, Faults faults)
      throws IOException, ArtifactException {
    if (size < ContainerFormat.END_BYTES || size > limits.fileBytes()) {
      throw faults.at(
          Code.CONTAINER_LAYOUT,
          0,
          "size of the file",
          ContainerFormat.END_BYTES + " to " + limits.fileBytes() + " bytes",
          size);
    }
    ContainerReader reader = new ContainerReader(channel, size, faults);
    ByteBuffer tail = ContainerFormat.allocate((int) Math.min(EndRecord.MAX_BYTES, size));
    reader.fill(tail, size - tail.capacity());
    EndRecord end = EndRecord.read(tail, size, faults);
    checkLimits(end, limits, faults);
    List<ContainerEntry> entries = reader.entries(end);
    reader.first.throwIfAny();
    return entries;
  }

  private static void checkLimits(EndRecord end, ArtifactLimits limits, Faults faults)
      throws ArtifactException {
    if (end.entries() < 1 || end.entries() > limits.entries()) {
      throw faults.of(
          Code.CONTAINER_LIMIT, "end record", "entries", "1 to " + limits.entries(), end.entries());
    }
    if (end.directoryBytes() > limits.directoryBytes()) {
      throw faults.of(
          Code.CONTAINER_LIMIT,
          "end record",
          "bytes of the directory",
          "at most " + limits.directoryBytes(),
          end.directoryBytes());
    }
  }

  private List<ContainerEntry> entries(EndRecord end) throws IOException, ArtifactException {
    ByteBuffer directory = ContainerFormat.allocate((int) end.directoryBytes());
    fill(directory, end.directoryOffset());
    List<ContainerEntry> entries = new ArrayList<>((int) end.entries());
    long offset = 0;
    for (int i = 0; i < end.entries(); i++) {
      DirectoryRecord record = DirectoryRecord.read(directory, end.directoryOffset(), size, faults);
      expectPlace(record.at() + 42, "offset of a local header", offset, record.offset());
      ByteBuffer header = localHeader(offset, end.directoryOffset());
      ContainerEntry entry =
          new ContainerEntry(record.name(), offset + header.limit(), record.size(), record.crc());
      check(record, header, entry, end.zip64());
      offset = entry.end();
      entries.add(entry);
    }
    expectPlace(end.directoryOffset(), "end of the data", end.directoryOffset(), offset);
    expectPlace(
        end.directoryOffset() + directory.position(),
        "end of the directory",
        directory.limit(),
        directory.position());
    return entries;
  }

  private void expectPlace(long at, String what, long expected, long actual)
      throws ArtifactException {
    if (expected != actual) {
      throw faults.at(Code.CONTAINER_LAYOUT, at, what, expected, actual);
    }
  }

  /** The local header at {@code offset}, its name and its extras; all before {@code end}. */
  private ByteBuffer localHeader(long offset, long end) throws IOException, ArtifactException {
    if (end - offset < ContainerFormat.LOCAL_BYTES) {
      throw faults.at(Code.CONTAINER_LAYOUT, offset, "local header", "a header", "the directory");
    }
    fill(buffer.clear().limit((int) Math.min(buffer.capacity(), end - offset)), offset);
    int signature = buffer.getInt(0);
    if (signature != ContainerFormat.LOCAL_SIGNATURE) {
      throw faults.at(
          Code.CONTAINER_LAYOUT,
          offset,
          "local header",
          "signature %08x".formatted(ContainerFormat.LOCAL_SIGNATURE),
          "%08x".formatted(signature));
    }
    int length =
        ContainerFormat.LOCAL_BYTES
            + DirectoryRecord.u16(buffer, 26)
            + DirectoryRecord.u16(buffer, 28);
    if (length > end - offset) {
      throw faults.at(
          Code.CONTAINER_LAYOUT, offset, "local header", end - offset + " bytes at most", length);
    }
    if (length > buffer.limit()) {
      buffer = ContainerFormat.allocate(length);
      fill(buffer, offset);
    }
    return buffer.limit(length);
  }

  /** Looks at one entry; what is wrong with it goes to {@link #first}. */
  private void check(
      DirectoryRecord record, ByteBuffer header, ContainerEntry entry, boolean zip64) {
    String name = entry.name();
    String where = "entry " + name;
    if (name.length() > ContainerFormat.MAX_NAME) {
      String most = ContainerFormat.MAX_NAME + " bytes";
      first.offer(Rule.LIMIT, faults.of(Code.CONTAINER_LIMIT, where, "name", most, name.length()));
      return;
    }
    new HeaderCheck(record, header, entry, faults, first).check(zip64);
    if (!ContainerFormat.isName(name)) {
      first.offer(Rule.NAME, faults.of(Code.CONTAINER_NAME, where, "not a legal name"));
    }
    if (!names.add(name)) {
      first.offer(Rule.DUPLICATE, faults.of(Code.CONTAINER_DUPLICATE, where, "a second one"));
    }
    if (previousName.isEmpty() && !name.equals(ContainerFormat.MANIFEST)) {
      first.offer(
          Rule.ORDER,
          faults.of(Code.CONTAINER_ORDER, where, "first entry", ContainerFormat.MANIFEST, name));
    } else if (!previousName.isEmpty() && ContainerFormat.compareNames(previousName, name) > 0) {
      first.offer(
          Rule.ORDER, faults.of(Code.CONTAINER_ORDER, where, "stands behind " + previousName));
    }
    previousName = name;
  }

  private void fill(ByteBuffer into, long offset) throws IOException, ArtifactException {
    readFully(channel, into, offset, faults);
    into.rewind();
  }

  /** Reads until {@code into} is full. */
  static void readFully(FileChannel channel, ByteBuffer into, long offset, Faults faults)
      throws IOException, ArtifactException {
    long at = offset;
    while (into.hasRemaining()) {
      int n = channel.read(into, at);
      if (n < 0) {
        throw faults.at(Code.FILE_CHANGED, at, "read", into.remaining() + " more bytes", "the end");
      }
      at += n;
    }
  }
}
