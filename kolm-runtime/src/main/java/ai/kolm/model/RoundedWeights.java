package ai.kolm.model;

import ai.kolm.kernels.WorkerPool;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Quantizer;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.MemorySegment;

/**
 * Matrices of floats rounded to 8 bits (Q8_0) while they are loaded, so that they meet activations
 * of 8 bits: an encoder reads texts of hundreds of tokens at once, whose time is multiplications.
 */
final class RoundedWeights {
  private static final TensorType TYPE = TensorType.Q8_0;

  /** Rows rounded by one task. */
  private static final int TASK_ROWS = 64;

  private RoundedWeights() {}

  /** Whether a matrix has more bits, and rows of whole blocks. */
  static boolean canRound(Tensor tensor) {
    boolean floats =
        switch (tensor.type()) {
          case F32, F16, BF16 -> true;
          default -> false;
        };
    return floats && tensor.shape().columns() % TYPE.blockSize() == 0;
  }

  /**
   * The rounded matrix, in memory of its own.
   *
   * @throws IllegalArgumentException if a weight is not finite, or too large for 16-bit scales
   */
  static Tensor round(Tensor tensor, WorkerPool pool) {
    int columns = Math.toIntExact(tensor.shape().columns());
    int rows = Math.toIntExact(tensor.shape().rows());
    int blocks = columns / TYPE.blockSize();
    long rowBytes = TYPE.byteSize(columns);
    byte[] bytes = new byte[Math.toIntExact(TYPE.byteSize(tensor.shape().elements()))];
    MemorySegment rounded = MemorySegment.ofArray(bytes);
    BlockFormat format = BlockFormat.of(tensor.type());
    Quantizer quantizer = Quantizer.of(TYPE);
    pool.run(
        Math.ceilDiv(rows, TASK_ROWS),
        (task, _) -> {
          float[] row = new float[columns];
          int end = Math.min(rows, (task + 1) * TASK_ROWS);
          for (int r = task * TASK_ROWS; r < end; r++) {
            format.decode(
                tensor.data(), r * tensor.rowBytes(), row, 0, columns / tensor.type().blockSize());
            quantizer.encode(row, 0, rounded, r * rowBytes, blocks);
          }
        });
    return new Tensor(tensor.name(), TYPE, tensor.shape(), rounded);
  }
}
