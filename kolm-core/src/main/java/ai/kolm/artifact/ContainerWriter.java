package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactContent.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.zip.Zip64Mode;
import org.apache.commons.compress.archivers.zip.ZipArchiveEntry;
import org.apache.commons.compress.archivers.zip.ZipArchiveOutputStream;

/** Writes a container: the same entries give the same bytes, everywhere and always. */
final class ContainerWriter {
  private static final LocalDateTime TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final SeekableByteChannel channel;
  private final ProgressCounter counter;

  private ContainerWriter(SeekableByteChannel channel, ProgressCounter counter) {
    this.channel = channel;
    this.counter = counter;
  }

  /**
   * @param channel empty; stays open
   * @param parts in the order of the container
   * @throws IOException if {@code channel} does, data cannot be read, or data is not what it was
   *     when it was hashed
   */
  static void write(SeekableByteChannel channel, List<Part> parts, Progress progress)
      throws IOException {
    long total = 0;
    for (Part part : parts) {
      total = Math.addExact(total, part.data().size());
    }
    ContainerWriter writer = new ContainerWriter(channel, new ProgressCounter(progress, total));
    try (ZipArchiveOutputStream zip = new ZipArchiveOutputStream(new OpenChannel(channel))) {
      // Names are ASCII, so their encoding needs no flag.
      zip.setUseLanguageEncodingFlag(false);
      zip.setUseZip64(Zip64Mode.AsNeeded);
      for (Part part : parts) {
        writer.write(zip, part);
      }
      zip.finish();
    }
    writer.markZip64();
  }

  private void write(ZipArchiveOutputStream zip, Part part) throws IOException {
    ZipArchiveEntry entry = new ZipArchiveEntry(part.name());
    entry.setMethod(ZipArchiveEntry.STORED);
    entry.setSize(part.data().size());
    entry.setCompressedSize(part.data().size());
    entry.setCrc(Integer.toUnsignedLong(part.crc()));
    entry.setAlignment(ContainerFormat.ALIGNMENT);
    entry.setTimeLocal(TIME);
    zip.putArchiveEntry(entry);
    CRC32 crc = new CRC32();
    EntryChannel.copy(
        part.name(),
        part.data(),
        (block, length) -> {
          crc.update(block, 0, length);
          zip.write(block, 0, length);
          counter.add(length);
        });
    if ((int) crc.getValue() != part.crc()) {
      throw new IOException("entry " + part.name() + ": the data has changed since it was hashed");
    }
    zip.closeArchiveEntry();
  }

  /**
   * Makes the directory say "made by version 4.5" in every record if there is a Zip64 structure
   * anywhere. Commons Compress says so only from the first record on that needs one itself.
   */
  private void markZip64() throws IOException {
    long size = channel.size();
    ByteBuffer tail = read((int) Math.min(EndRecord.MAX_BYTES, size), -1);
    EndRecord end;
    try {
      end = EndRecord.read(tail, size, new Faults("the file being written"));
    } catch (ArtifactException e) {
      throw new IOException("the file changed while it was written", e);
    }
    if (!end.zip64()) {
      return;
    }
    ByteBuffer directory = read(Math.toIntExact(end.directoryBytes()), end.directoryOffset());
    int at = 0;
    for (long i = 0; i < end.entries(); i++) {
      directory.putShort(at + 4, (short) ContainerFormat.VERSION_ZIP64);
      at +=
          ContainerFormat.DIRECTORY_BYTES
              + DirectoryRecord.u16(directory, at + 28)
              + DirectoryRecord.u16(directory, at + 30);
    }
    channel.position(end.directoryOffset());
    while (directory.hasRemaining()) {
      channel.write(directory);
    }
    channel.position(size);
  }

  /** Reads bytes of what was written; from a negative offset: the last ones. */
  private ByteBuffer read(int bytes, long offset) throws IOException {
    ByteBuffer into = ContainerFormat.allocate(bytes);
    channel.position(offset < 0 ? channel.size() - bytes : offset);
    while (into.hasRemaining()) {
      if (channel.read(into) < 0) {
        throw new IOException("the file became shorter while it was written");
      }
    }
    return into.rewind();
  }

  /** A channel that stays open when the ZIP stream on it is closed. */
  private record OpenChannel(SeekableByteChannel channel) implements SeekableByteChannel {
    @Override
    public int read(ByteBuffer into) throws IOException {
      return channel.read(into);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      return channel.write(bytes);
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
    public SeekableByteChannel truncate(long size) throws IOException {
      channel.truncate(size);
      return this;
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() {}
  }
}
