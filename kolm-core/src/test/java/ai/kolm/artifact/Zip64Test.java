package ai.kolm.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.kolm.artifact.ArtifactContent.Part;
import ai.kolm.artifact.ArtifactException.Code;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Containers of more than 4 GiB. Their large entries are zeros that the file system need not store;
 * where it would, the tests are skipped.
 */
class Zip64Test {
  private static final byte[] LAST = {'l', 'a', 's', 't'};
  private static final long GIB = 1L << 30;

  @TempDir Path folder;

  @BeforeEach
  void needsSparseFiles() throws IOException {
    Path probe = folder.resolve("probe");
    long before = Files.getFileStore(folder).getUnallocatedSpace();
    try (FileChannel channel =
        FileChannel.open(probe, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(LAST), 5 * GIB);
      channel.force(true);
      long used = before - Files.getFileStore(folder).getUnallocatedSpace();
      assumeTrue(used < 4 * GIB, "the file system of the temporary folder stores holes");
    } catch (IOException e) {
      assumeTrue(false, "no file of 5 GiB in the temporary folder: " + e.getMessage());
    } finally {
      Files.deleteIfExists(probe);
    }
  }

  @Test
  void oneEntryOfMoreThan4GiB() throws Exception {
    check(List.of(838L, 4_400_000_000L, 10L));
  }

  /** Only offsets are wide; yet every record must say that the archive has Zip64. */
  @Test
  void entriesThatAreTogetherMoreThan4GiB() throws Exception {
    check(List.of(838L, 3 * GIB, 3 * GIB, 10L));
  }

  /** Only the offset of the directory is wide. */
  @Test
  void justTheDirectoryBehind4GiB() throws Exception {
    check(List.of(838L, 3 * GIB, GIB - 8_192));
    check(List.of(838L, 3 * GIB, GIB - 8_192 - 100));
  }

  /** The largest that needs no Zip64, and the smallest that does. */
  @Test
  void entriesAtTheBorder() throws Exception {
    check(List.of(838L, 0xFFFFFFFEL));
    check(List.of(838L, 0xFFFFFFFFL));
  }

  /** Writes zeros of these sizes and a last entry; compares with the independent builder. */
  private void check(List<Long> sizes) throws Exception {
    ContainerBytes expected = new ContainerBytes();
    List<Part> parts = new ArrayList<>();
    for (long size : sizes) {
      String name = parts.isEmpty() ? "manifest.json" : "e" + parts.size();
      expected.add(new ContainerBytes.Entry(name, new byte[0], size, crcOfZeros(size)));
      parts.add(new Part(name, zeros(size), crcOfZeros(size)));
    }
    ContainerBytes.Entry last = ContainerBytes.Entry.of("z", LAST);
    expected.add(last);
    parts.add(new Part("z", EntryData.of(LAST), last.crc()));
    Path file = folder.resolve("large.kolm");
    Files.deleteIfExists(file);
    try (SeekableByteChannel channel = new HoleChannel(new RealDisk().create(file))) {
      ContainerWriter.write(channel, parts, Progress.NONE);
    }
    compareStructure(file, expected.structure(), sizes);
    try (Container container = Container.open(file, ArtifactLimits.DEFAULT)) {
      assertEquals(parts.size(), container.entries().size());
      for (ContainerEntry entry : container.entries()) {
        assertEquals(0, entry.offset() % ContainerBytes.ALIGNMENT);
      }
      assertArrayEquals(LAST, container.bytes("z").toArray(ValueLayout.JAVA_BYTE));
      long size = sizes.getLast();
      assertEquals(
          0, container.bytes("e" + (sizes.size() - 1)).get(ValueLayout.JAVA_BYTE, size - 1));
    }
    refuseChanges(file, Files.size(file), expected.structure().getLast());
  }

  private static void compareStructure(Path file, List<byte[]> structure, List<Long> sizes)
      throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long offset = 0;
      for (int i = 0; i < structure.size(); i++) {
        ByteBuffer actual = ByteBuffer.allocate(structure.get(i).length);
        channel.read(actual, offset);
        assertArrayEquals(structure.get(i), actual.array(), sizes + ", part " + i);
        offset += actual.capacity() + (i < sizes.size() ? sizes.get(i) : LAST.length);
      }
      assertEquals(channel.size(), offset - LAST.length);
    }
  }

  /** Every byte of the directory and the end records counts. */
  private static void refuseChanges(Path file, long size, byte[] tail) throws Exception {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      for (int i = 0; i < tail.length; i++) {
        long at = size - tail.length + i;
        channel.write(ByteBuffer.wrap(new byte[] {(byte) (tail[i] ^ 1)}), at);
        ArtifactException e =
            assertThrows(
                ArtifactException.class,
                () -> Container.open(file, ArtifactLimits.DEFAULT).close(),
                "byte " + i);
        assertTrue(e.code().compareTo(Code.CONTAINER_CRC) < 0, e.getMessage());
        channel.write(ByteBuffer.wrap(tail, i, 1), at);
      }
    }
  }

  private static EntryData zeros(long size) {
    return new EntryData.Streamed(
        size,
        channel -> {
          ByteBuffer block = ByteBuffer.allocate(1 << 20);
          for (long left = size; left > 0; left -= block.limit()) {
            block.clear().limit((int) Math.min(block.capacity(), left));
            channel.write(block);
          }
        });
  }

  /** By doubling, without reading that many zeros. */
  private static int crcOfZeros(long size) {
    int crc = 0;
    java.util.zip.CRC32 one = new java.util.zip.CRC32();
    one.update(0);
    int power = (int) one.getValue();
    long length = 1;
    for (long n = size; n > 0; n >>>= 1) {
      if ((n & 1) != 0) {
        crc = Crc32Sum.combine(crc, power, length);
      }
      power = Crc32Sum.combine(power, power, length);
      length *= 2;
    }
    return crc;
  }

  /** Makes holes of blocks of zeros. */
  private record HoleChannel(SeekableByteChannel channel) implements SeekableByteChannel {
    private static final byte[] ZEROS = new byte[1 << 20];

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      int n = bytes.remaining();
      if (n < ZEROS.length || !ByteBuffer.wrap(ZEROS, 0, n).equals(bytes)) {
        return channel.write(bytes);
      }
      channel.position(channel.position() + n);
      bytes.position(bytes.limit());
      return n;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      return channel.read(into);
    }

    @Override
    public long position() throws IOException {
      return channel.position();
    }

    @Override
    public SeekableByteChannel position(long position) throws IOException {
      channel.position(position);
      return this;
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public SeekableByteChannel truncate(long size) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
