package ai.kolm.weights;

import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Quantizer;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/** Gives the bytes of one tensor to a {@link GgufWriter} when their turn comes. */
@FunctionalInterface
public interface TensorData {

  /**
   * Writes the bytes of the tensor, all of them and no more.
   *
   * @throws IOException if {@code channel} does
   */
  void writeTo(WritableByteChannel channel) throws IOException;

  /** The bytes of {@code tensor} as they are, through copies: it may lie in a mapped file. */
  static TensorData copyOf(Tensor tensor) {
    return channel -> {
      ByteBuffer copy = ByteBuffer.allocate((int) Math.min(1 << 20, tensor.data().byteSize()));
      long size = tensor.data().byteSize();
      for (long at = 0; at < size; at += copy.capacity()) {
        copy.clear().limit((int) Math.min(copy.capacity(), size - at));
        MemorySegment.ofBuffer(copy).copyFrom(tensor.data().asSlice(at, copy.limit()));
        GgufWriter.writeFully(channel, copy);
      }
    };
  }

  /** These values, as F32. */
  static TensorData ofFloats(float... values) {
    return channel -> {
      int size = Math.multiplyExact(values.length, Float.BYTES);
      ByteBuffer bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(values);
      GgufWriter.writeFully(channel, bytes);
    };
  }

  /**
   * The values of {@code tensor}, encoded as another type.
   *
   * @throws IllegalArgumentException if kolm does not write {@code type}, or rows of the tensor are
   *     not whole blocks of it; when written, if a value does not fit
   */
  static TensorData quantized(Tensor tensor, TensorType type) {
    BlockFormat format = BlockFormat.of(tensor.type());
    Quantizer quantizer = Quantizer.of(type);
    int columns = Math.toIntExact(tensor.shape().columns());
    int rowBytes = Math.toIntExact(type.byteSize(columns));
    int rowsAtOnce = Math.max(1, (1 << 18) / columns);
    return channel -> {
      float[] values = new float[Math.multiplyExact(rowsAtOnce, columns)];
      ByteBuffer encoded = ByteBuffer.allocate(Math.multiplyExact(rowsAtOnce, rowBytes));
      MemorySegment target = MemorySegment.ofBuffer(encoded);
      long rows = tensor.shape().rows();
      for (long row = 0; row < rows; row += rowsAtOnce) {
        int n = (int) Math.min(rowsAtOnce, rows - row);
        format.decode(
            tensor.data(),
            row * tensor.rowBytes(),
            values,
            0,
            n * columns / tensor.type().blockSize());
        quantizer.encode(values, 0, target, 0, n * columns / type.blockSize());
        GgufWriter.writeFully(channel, encoded.clear().limit(n * rowBytes));
      }
    };
  }
}
