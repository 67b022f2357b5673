package ai.kolm.artifact;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * Takes the bytes of one entry in blocks on the heap and refuses more or fewer than there should
 * be. What becomes of a block is up to the user of the class.
 */
final class EntryChannel implements WritableByteChannel {
  private static final int BLOCK_BYTES = 1 << 20;

  private final String name;
  private final long size;
  private final Sink sink;
  private final ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
  private long written;

  /** Gets the bytes, a block at a time. Blocks end at multiples of 1 MiB. */
  interface Sink {
    void accept(byte[] block, int length) throws IOException;
  }

  EntryChannel(String name, long size, Sink sink) {
    this.name = name;
    this.size = size;
    this.sink = sink;
  }

  /** Gives all bytes of {@code data} to {@code sink}. */
  static void copy(String name, EntryData data, Sink sink) throws IOException {
    EntryChannel channel = new EntryChannel(name, data.size(), sink);
    switch (data) {
      case EntryData.Bytes bytes -> {
        while (channel.written < channel.size) {
          long left = channel.size - channel.written;
          channel.block.limit((int) Math.min(BLOCK_BYTES, left));
          EntryData.copy(bytes.bytes(), channel.block, channel.written);
          channel.written += channel.block.position();
          channel.flush();
        }
      }
      case EntryData.Streamed streamed -> streamed.writer().writeTo(channel);
    }
    channel.finish();
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int n = bytes.remaining();
    if (n > size - written) {
      throw wrongSize(written + n);
    }
    while (bytes.hasRemaining()) {
      int part = Math.min(bytes.remaining(), block.remaining());
      block.put(block.position(), bytes, bytes.position(), part);
      block.position(block.position() + part);
      bytes.position(bytes.position() + part);
      if (!block.hasRemaining()) {
        flush();
      }
    }
    written += n;
    return n;
  }

  private void flush() throws IOException {
    sink.accept(block.array(), block.position());
    block.clear();
  }

  private void finish() throws IOException {
    if (written != size) {
      throw wrongSize(written);
    }
    if (block.position() > 0) {
      flush();
    }
  }

  private IOException wrongSize(long bytes) {
    return new IOException(
        "entry %s: expected %d bytes of data, got %d".formatted(name, size, bytes));
  }

  @Override
  public boolean isOpen() {
    return true;
  }

  @Override
  public void close() {}
}
