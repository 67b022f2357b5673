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
  private final RoundedRow row;

  /** A group as it will be. */
  private final int[] group;

  private WordPacker(Tensor tensor, MemorySegment target) {
    int columns = (int) tensor.shape().columns();
    this.tensor = tensor;
    this.target = target;
    this.row = new RoundedRow(tensor, Encoding.BLOCK, LARGEST);
    long bytes = PackedMatrix.groupBytes(Encoding.WORDS, columns);
    this.group = new int[Math.toIntExact(bytes / Integer.BYTES)];
  }

  /** Whether a matrix is one of floats, and its rows are whole blocks. */
  static boolean canPack(Tensor tensor) {
    return RoundedRow.canRound(tensor, Encoding.BLOCK);
  }

  /**
   * Packs a matrix with all workers of {@code pool}.
   *
   * @throws IllegalArgumentException if a weight is not finite; names tensor and row
   */
  static PackedMatrix pack(Tensor tensor, SegmentAllocator memory, WorkerPool pool) {
    Matrix.Plain plain = new Matrix.Plain(tensor);
    int groups = PackedMatrix.groups(plain.rows());
    PackedMatrix packed = PackedMatrix.allocate(plain, Encoding.WORDS, memory);
    WordPacker[] packers = new WordPacker[pool.size()];
    Arrays.setAll(packers, _ -> new WordPacker(tensor, packed.data()));
    pool.run(groups, (index, worker) -> packers[worker].packGroup(index));
    return packed;
  }

  private void packGroup(int index) {
    int first = index * Encoding.GROUP;
    int rows = (int) Math.min(Encoding.GROUP, tensor.shape().rows() - first);
    Arrays.fill(group, 0);
    for (int lane = 0; lane < rows; lane++) {
      row.read(first + lane);
      packRow(lane);
    }
    MemorySegment.copy(group, 0, target, INT, 4L * index * group.length, group.length);
  }

  private void packRow(int lane) {
    int at = lane;
    for (int c = 0; c < row.columns(); c += Encoding.SUPER_BLOCK) {
      int blocks = Math.min(Encoding.SUPER_BLOCK, row.columns() - c) / Encoding.BLOCK;
      int scales = at;
      at += blocks * Encoding.GROUP;
      for (int b = 0; b < blocks; b++) {
        int column = c + b * Encoding.BLOCK;
        float scale = row.scale(column);
        group[scales + b * Encoding.GROUP] = Float.floatToRawIntBits(scale);
        at = packBlock(column, scale, at);
      }
    }
  }

  /** Pairs of columns, two apart, as {@link PairDot} takes them. */
  private int packBlock(int column, float scale, int from) {
    int at = from;
    for (int pair = 0; pair < Encoding.BLOCK / 2; pair++, at += Encoding.GROUP) {
      int c = column + pair / 2 * 4 + pair % 2;
      group[at] = (row.quant(c, scale) & 0xFFFF) | (row.quant(c + 2, scale) << Short.SIZE);
    }
    return at;
  }
}
