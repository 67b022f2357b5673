package ai.kolm.weights;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Passes on the bytes of one tensor and refuses more or less than its size. */
final class ExactChannel implements WritableByteChannel {
  private final WritableByteChannel channel;
  private final String tensor;
  private final long size;
  private long written;

  /**
   * @param channel stays open
   * @param tensor its name, for messages
   * @param size of its data, in bytes
   */
  ExactChannel(WritableByteChannel channel, String tensor, long size) {
    this.channel = channel;
    this.tensor = tensor;
    this.size = size;
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    if (bytes.remaining() > size - written) {
      throw wrongSize(written + bytes.remaining());
    }
    int n = channel.write(bytes);
    written += n;
    return n;
  }

  void checkComplete() {
    if (written != size) {
      throw wrongSize(written);
    }
  }

  private IllegalStateException wrongSize(long bytes) {
    return new IllegalStateException(
        "tensor %s: expected %d bytes of data, got %d".formatted(tensor, size, bytes));
  }

  @Override
  public boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() {}
}
