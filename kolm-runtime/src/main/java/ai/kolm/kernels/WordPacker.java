package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Packs matrices of floats as {@link Encoding#WORDS}: per row and block of 32 columns the scale is
 * the largest magnitude / 2047, and weights are integers of 12 bits, rounded to nearest.
 *
 * <p>With activations of 16 bits, a block's sum of products is at most 2047 * 32767 * 32, just
 * below 2^31.
 */
final class WordPacker {
  /** The largest magnitude of a weight. */
  static final int LARGEST = 2047;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Tensor tensor;
  private final MemorySegment target;
  private final float[] row;

  /** A group as it will be. */
  private final int[] group;

  private WordPacker(Tensor tensor, MemorySegment target) {
    int columns = (int) tensor.shape().columns();
    this.tensor = tensor;
    this.target = target;
    this.row = new float[columns];
    long bytes = PackedMatrix.groupBytes(Encoding.WORDS, columns);
    this.group = new int[Math.toIntExact(bytes / Integer.BYTES)];
  }

  /** Whether a matrix is one of floats, and its rows are whole blocks. */
  static boolean canPack(Tensor tensor) {
    return switch (tensor.type()) {
      case F32, F16, BF16 -> tensor.shape().columns() % Encoding.BLOCK == 0;
      default -> false;
    };
  }

  /**
   * Packs a matrix with all workers of {@code pool}.
   *
   * @throws IllegalArgumentException if a weight is not finite; names tensor and row
   */
  static PackedMatrix pack(Tensor tensor, SegmentAllocator memory, WorkerPool pool) {
    Matrix.Plain plain = new Matrix.Plain(tensor);
    int groups = PackedMatrix.groups(plain.rows());
    long groupBytes = PackedMatrix.groupBytes(Encoding.WORDS, plain.columns());
    MemorySegment target =
        memory.allocate(Math.multiplyExact(groups, groupBytes), PanelProduct.ALIGNMENT);
    WordPacker[] packers = new WordPacker[pool.size()];
    Arrays.setAll(packers, _ -> new WordPacker(tensor, target));
    pool.run(groups, (index, worker) -> packers[worker].packGroup(index));
    return new PackedMatrix(plain.name(), plain.rows(), plain.columns(), Encoding.WORDS, target);
  }

  private void packGroup(int index) {
    int first = index * Encoding.GROUP;
    int rows = (int) Math.min(Encoding.GROUP, tensor.shape().rows() - first);
    Arrays.fill(group, 0);
    for (int lane = 0; lane < rows; lane++) {
      ScalarKernels.decodeRow(tensor, first + lane, row);
      packRow(lane, first + lane);
    }
    MemorySegment.copy(group, 0, target, INT, 4L * index * group.length, group.length);
  }

  private void packRow(int lane, int index) {
    int at = lane;
    for (int c = 0; c < row.length; c += Encoding.SUPER_BLOCK) {
      int blocks = Math.min(Encoding.SUPER_BLOCK, row.length - c) / Encoding.BLOCK;
      int scales = at;
      at += blocks * Encoding.GROUP;
      for (int b = 0; b < blocks; b++) {
        int column = c + b * Encoding.BLOCK;
        float scale = largest(column, index) / LARGEST;
        group[scales + b * Encoding.GROUP] = Float.floatToRawIntBits(scale);
        at = packBlock(column, scale, at);
      }
    }
  }

  private float largest(int column, int index) {
    float largest = 0;
    for (int c = column; c < column + Encoding.BLOCK; c++) {
      if (!Float.isFinite(row[c])) {
        throw new IllegalArgumentException(
            "tensor %s, row %d: a weight is not finite".formatted(tensor.name(), index));
      }
      largest = Math.max(largest, Math.abs(row[c]));
    }
    return largest;
  }

  /** Pairs of columns, two apart, as {@link PairDot} takes them. */
  private int packBlock(int column, float scale, int from) {
    int at = from;
    for (int pair = 0; pair < Encoding.BLOCK / 2; pair++, at += Encoding.GROUP) {
      int c = column + pair / 2 * 4 + pair % 2;
      group[at] = (quant(row[c], scale) & 0xFFFF) | (quant(row[c + 2], scale) << Short.SIZE);
    }
    return at;
  }

  private static int quant(float weight, float scale) {
    // Where a block is so small that its scale is not normal, the quotient may be too large.
    int rounded = scale == 0 ? 0 : Math.round(weight / scale);
    return Math.clamp(rounded, -LARGEST, LARGEST);
  }
}
