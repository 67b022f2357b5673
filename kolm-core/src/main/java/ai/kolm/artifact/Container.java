package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * An open {@code .kolm} file as a strict container of entries; what is in them is not looked at.
 * {@link Artifact} reads the manifest on top of it. Between the two stands who wants to check a
 * signature: the manifest is not parsed before that.
 *
 * <p>One open handle is the only way to the bytes, for hashing and for mapping, so that another
 * file put in its place changes nothing. Safe for use by several threads. Memory that {@link
 * #bytes} gave out can be used until {@link #close}.
 */
public final class Container implements AutoCloseable {
  private final Path file;
  private final Faults faults;
  private final FileChannel channel;
  private final BasicFileAttributes opened;
  private final Map<String, ContainerEntry> entries = new LinkedHashMap<>();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment mapped;

  private Container(Path file, FileChannel channel, ArtifactLimits limits)
      throws IOException, ArtifactException {
    this.file = file;
    this.channel = channel;
    faults = new Faults(String.valueOf(file.getFileName()));
    opened = Files.readAttributes(file, BasicFileAttributes.class);
    long size = channel.size();
    for (ContainerEntry entry : ContainerReader.read(channel, size, limits, faults)) {
      entries.put(entry.name(), entry);
    }
    mapped = channel.map(MapMode.READ_ONLY, 0, size, arena);
  }

  /**
   * Opens a container, reads its structure and maps it.
   *
   * @throws ArtifactException with a {@code container_...} code if it breaks a rule of the format
   * @throws IOException if the file cannot be read
   */
  public static Container open(Path file, ArtifactLimits limits)
      throws IOException, ArtifactException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(file + " is not a regular file");
    }
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    try {
      return new Container(file, channel, limits);
    } catch (IOException | ArtifactException | RuntimeException | Error e) {
      channel.close();
      throw e;
    }
  }

  /** The file as it was opened. */
  public Path file() {
    return file;
  }

  /** The entries, in the order of the file. */
  public List<ContainerEntry> entries() {
    return List.copyOf(entries.values());
  }

  /** An entry by its name. */
  public Optional<ContainerEntry> find(String name) {
    return Optional.ofNullable(entries.get(name));
  }

  /**
   * The bytes of an entry, mapped in place, read-only.
   *
   * @throws IllegalArgumentException if there is no such entry
   */
  public MemorySegment bytes(String name) {
    ContainerEntry entry = entry(name);
    return mapped.asSlice(entry.offset(), entry.size());
  }

  /**
   * Where in the file bytes of {@link #bytes} are.
   *
   * @throws IllegalArgumentException if they are none
   */
  long offset(MemorySegment bytes) {
    long offset = bytes.address() - mapped.address();
    if (offset < 0 || offset > mapped.byteSize() - bytes.byteSize()) {
      throw new IllegalArgumentException("not bytes of " + faults.file());
    }
    return offset;
  }

  /**
   * Checks that the file is still the one that was opened: that nobody has put another in its
   * place, cut it or written to it. Used while it is served from mapped memory.
   *
   * @throws ArtifactException {@code file_changed}
   * @throws IOException if the file cannot be looked at
   */
  public void checkUnchanged() throws IOException, ArtifactException {
    BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
    check("file", opened.fileKey(), now.fileKey());
    check("size", opened.size(), now.size());
    check("size", opened.size(), channel.size());
    check("time of change", opened.lastModifiedTime(), now.lastModifiedTime());
  }

  private void check(String what, Object expected, Object actual) throws ArtifactException {
    if (!String.valueOf(expected).equals(String.valueOf(actual))) {
      throw faults.of(Code.FILE_CHANGED, "file", what, expected, actual);
    }
  }

  ContainerEntry entry(String name) {
    return find(name)
        .orElseThrow(() -> new IllegalArgumentException(faults.file() + " has no entry " + name));
  }

  Faults faults() {
    return faults;
  }

  /** Fills {@code into} from the open handle. */
  void read(ByteBuffer into, long offset) throws IOException, ArtifactException {
    ContainerReader.readFully(channel, into, offset, faults);
  }

  /**
   * As {@link #read}, but from the mapping: nothing is copied twice, and the pages are there when a
   * loader comes to them.
   *
   * @throws IOException if the file has been cut, or its disk fails; the JVM may say so a little
   *     later, too, with an {@link InternalError}
   */
  void copy(ByteBuffer into, long offset) throws IOException {
    EntryData.copy(mapped, into, offset);
  }

  /**
   * All bytes of a small entry, after its checksum has been compared.
   *
   * @throws ArtifactException {@code container_limit} if it has more than {@code most}; {@code
   *     container_crc}; {@code entry_set_mismatch} if there is no such entry
   */
  public byte[] small(String name, int most) throws IOException, ArtifactException {
    byte[] bytes = unchecked(name, most);
    CRC32 crc = new CRC32();
    crc.update(bytes);
    checkCrc(entry(name), (int) crc.getValue());
    return bytes;
  }

  /**
   * As {@link #small}, but the checksum is not compared: for who compares the bytes with those that
   * were signed, and wants to say of a change that it is one of what was signed.
   *
   * @throws ArtifactException {@code container_limit}; {@code entry_set_mismatch}
   */
  public byte[] unchecked(String name, int most) throws IOException, ArtifactException {
    if (find(name).isEmpty()) {
      throw faults.of(Code.ENTRY_SET_MISMATCH, "entry " + name, "missing");
    }
    ContainerEntry entry = entry(name);
    if (entry.size() > most) {
      throw faults.of(
          Code.CONTAINER_LIMIT, "entry " + name, "size", "at most " + most, entry.size());
    }
    byte[] bytes = new byte[(int) entry.size()];
    read(ByteBuffer.wrap(bytes), entry.offset());
    return bytes;
  }

  void checkCrc(ContainerEntry entry, int actual) throws ArtifactException {
    if (entry.crc() != actual) {
      throw faults.of(
          Code.CONTAINER_CRC,
          "entry " + entry.name(),
          "CRC-32",
          "%08x".formatted(entry.crc()),
          "%08x".formatted(actual));
    }
  }

  /** Closes the file and releases its memory. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
      try {
        channel.close();
      } catch (IOException e) {
        // The handle was only read from; there is nothing a caller could do about it.
      }
    }
  }
}
