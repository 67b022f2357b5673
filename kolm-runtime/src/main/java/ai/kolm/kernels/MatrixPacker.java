package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Turns tensors as their file has them into {@link PackedMatrix}. Only the arrangement of bits
 * changes, never a value. A file that is cut off while it is mapped shows as an {@code
 * InternalError} and not as a crash.
 *
 * <p>Rows are copied into arrays, rearranged there, and copied out a group at a time: a process
 * that has just started runs loops over arrays long before it runs loops over memory segments well,
 * and every start packs every weight.
 */
final class MatrixPacker {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Ints from a word of a row to the next word of that row. */
  private static final int WORD = Encoding.GROUP;

  private static final int LOW_NIBBLES = 0x0F0F0F0F;
  private static final int HIGH_NIBBLES = 0xF0F0F0F0;
  private static final int SIGN_BITS = 0x80808080;

  /** The exponent of half precision: all ones, and only then, if the number is not finite. */
  private static final int EXPONENT = 0x7C00;

  /** What makes such an exponent, and no other, {@code EXPONENT + NOT_FINITE}. */
  private static final int NOT_FINITE = 0x0400;

  private static final int[] IQ4_NL = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private final Tensor tensor;
  private final Encoding encoding;
  private final MemorySegment target;
  private final int columns;
  private final int groupInts;

  /** One row as the file has it; every type's blocks are whole shorts. */
  private final short[] source;

  /** A group as it will be. */
  private final int[] group;

  private MatrixPacker(Tensor tensor, Encoding encoding, MemorySegment target) {
    this.tensor = tensor;
    this.encoding = encoding;
    this.target = target;
    this.columns = (int) tensor.shape().columns();
    this.groupInts = Math.toIntExact(PackedMatrix.groupBytes(encoding, columns) / Integer.BYTES);
    this.source = new short[Math.toIntExact(tensor.rowBytes() / Short.BYTES)];
    this.group = new int[groupInts];
  }

  /**
   * Packs a matrix with all workers of {@code pool}.
   *
   * @throws IllegalArgumentException if a weight or scale is not finite; names tensor and row
   */
  static PackedMatrix pack(
      Matrix.Plain matrix, Encoding encoding, SegmentAllocator memory, WorkerPool pool) {
    PackedMatrix packed = PackedMatrix.allocate(matrix, encoding, memory);
    int groups = PackedMatrix.groups(matrix.rows());
    Tensor tensor = matrix.tensor();
    MatrixPacker[] packers = new MatrixPacker[pool.size()];
    Arrays.setAll(packers, _ -> new MatrixPacker(tensor, encoding, packed.data()));
    pool.run(groups, (group, worker) -> packers[worker].packGroup(group));
    unload(tensor);
    return packed;
  }

  /** Gives back the pages of a file, which are not needed beside the packed ones. */
  static void unload(Tensor tensor) {
    if (tensor.data().isMapped()) {
      tensor.data().unload();
    }
  }

  private void packGroup(int index) {
    int firstRow = index * Encoding.GROUP;
    int rows = (int) Math.min(Encoding.GROUP, tensor.shape().rows() - firstRow);
    Arrays.fill(group, 0);
    for (int lane = 0; lane < rows; lane++) {
      long at = (firstRow + lane) * tensor.rowBytes();
      MemorySegment.copy(tensor.data(), SHORT, at, source, 0, source.length);
      packRow(lane, firstRow + lane);
    }
    MemorySegment.copy(group, 0, target, INT, (long) index * groupInts * Integer.BYTES, groupInts);
  }

  private void packRow(int lane, int row) {
    int from = 0;
    int to = lane;
    for (int c = 0; c < columns; c += Encoding.SUPER_BLOCK) {
      int width = Math.min(Encoding.SUPER_BLOCK, columns - c);
      packSuperBlock(from, to, width, row);
      from += tensor.type().blockBytes() / Short.BYTES * (width / tensor.type().blockSize());
      to += (int) (PackedMatrix.superBlockBytes(encoding, width) / Integer.BYTES);
    }
  }

  /**
   * One row of one super-block.
   *
   * @param from its first short in the row
   * @param to the lane of this row in the first word of the super-block
   */
  private void packSuperBlock(int from, int to, int width, int row) {
    int blocks = (width + Encoding.BLOCK - 1) / Encoding.BLOCK;
    int quants = to + encoding.scales().lanes(blocks) * WORD;
    switch (encoding.expanded()) {
      case Q4_0, Q4_1, Q8_0 -> packWordBlocks(from, to, quants, blocks, row);
      case Q5_0, Q5_1, IQ4_NL -> packByteBlocks(from, to, quants, blocks, row);
      case Q4_K -> {
        packSuperBlockScales(from, to, row);
        packQ4K(from + 8, quants, blocks);
      }
      case Q5_K -> {
        packSuperBlockScales(from, to, row);
        packQ5K(from + 8, quants, blocks);
      }
      case Q6_K -> packQ6K(from, to, quants, blocks, row);
      case F32 -> packWords(from, quants, width, row);
      case F16, BF16 -> packHalves(from, quants, width, row);
      default -> throw new IllegalStateException(encoding + " is no form of a file");
    }
  }

  /**
   * Words as they are, after the scales: without calls, which are slow before they are compiled.
   */
  private void packWordBlocks(int from, int to, int quants, int blocks, int row) {
    packBlockScales(from, to, blocks, row);
    short[] in = source;
    int[] out = group;
    int words = encoding.quants() == Encoding.Quants.NIBBLES ? 4 : 8;
    int header = tensor.type().blockBytes() / Short.BYTES - 2 * words;
    int data = from;
    int word = quants;
    for (int b = 0; b < blocks; b++) {
      data += header;
      for (int i = 0; i < words; i++) {
        out[word] = (in[data] & 0xFFFF) | (in[data + 1] << Short.SIZE);
        data += 2;
        word += WORD;
      }
    }
  }

  /** Puts columns 4i to 4i+3 of block {@code b}, four bytes, where the encoding has them. */
  private void put(int quants, int b, int i, int bytes) {
    if (!encoding.isCompact()) {
      group[quants + (b * 8 + i) * WORD] = bytes;
      return;
    }
    int planes = encoding.quants().bits() - 4;
    int first = quants + b * (planes + 4) * WORD;
    int upper = (bytes >>> 4) & (planes == 1 ? 0x01010101 : 0x03030303);
    int perPlane = 8 / planes;
    group[first + i / perPlane * WORD] |= upper << (i % perPlane * planes);
    group[first + (planes + i % 4) * WORD] |= (bytes & LOW_NIBBLES) << (i < 4 ? 0 : 4);
  }

  private void packByteBlocks(int from, int to, int quants, int blocks, int row) {
    packBlockScales(from, to, blocks, row);
    int header = encoding.scales() == Encoding.Scales.SCALE ? 1 : 2;
    int stride = tensor.type().blockBytes() / Short.BYTES;
    for (int b = 0; b < blocks; b++) {
      for (int i = 0; i < 8; i++) {
        put(quants, b, i, byteWord(from + b * stride + header, i));
      }
    }
  }

  /** Columns 4i to 4i+3 of a block of 32 as bytes. */
  private int byteWord(int data, int i) {
    return switch (encoding) {
      case Q5_0 -> less(fiveBitWord(data, i), 16);
      case Q5_1, COMPACT_Q5_0, COMPACT_Q5_1 -> fiveBitWord(data, i);
      case IQ4_NL -> {
        int nibbles = nibbleWord(data, i);
        int word = 0;
        for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
          word |= (IQ4_NL[(nibbles >>> shift) & 0xF] & 0xFF) << shift;
        }
        yield word;
      }
      default -> throw new IllegalStateException(encoding + " has no byte blocks");
    };
  }

  private int fiveBitWord(int data, int i) {
    int high = (word(data, 0) >>> (4 * i)) & 0xF;
    // Spreads four bits over four bytes: bit j to the lowest bit of byte j.
    int spread = ((high * 0x00204081) & 0x01010101) << 4;
    return nibbleWord(data + 2, i) | spread;
  }

  /** Four bytes below 64, each less {@code bias}, as signed bytes. */
  private static int less(int bytes, int bias) {
    // With its top bit set no byte borrows from the next; then that bit is turned back.
    return ((bytes | SIGN_BITS) - bias * 0x01010101) ^ SIGN_BITS;
  }

  /** Columns 4i to 4i+3 of 16 bytes that hold column k low and column 16+k high. */
  private int nibbleWord(int data, int i) {
    return (word(data, i & 3) >>> (i < 4 ? 0 : 4)) & LOW_NIBBLES;
  }

  private void packBlockScales(int from, int to, int blocks, int row) {
    boolean minima = encoding.scales() == Encoding.Scales.SCALE_AND_MINIMUM;
    int stride = tensor.type().blockBytes() / Short.BYTES;
    int exponents = 0;
    for (int b = 0; b < blocks; b++) {
      int scale = source[from + b * stride] & 0xFFFF;
      exponents |= (scale & EXPONENT) + NOT_FINITE;
      if (minima) {
        int minimum = source[from + b * stride + 1] & 0xFFFF;
        exponents |= (minimum & EXPONENT) + NOT_FINITE;
        group[to + b * WORD] = scale | (minimum << Short.SIZE);
      } else {
        group[to + b / 2 * WORD] |= scale << (Short.SIZE * (b % 2));
      }
    }
    check(exponents < EXPONENT + NOT_FINITE, row);
  }

  /** Half-precision scale and minimum, then twelve bytes of eight 6-bit scales and minima. */
  private void packSuperBlockScales(int from, int to, int row) {
    group[to] = finiteHalf(source[from], row) | (finiteHalf(source[from + 1], row) << Short.SIZE);
    int first = word(from + 2, 0);
    int second = word(from + 2, 1);
    int third = word(from + 2, 2);
    int six = 0x3F3F3F3F;
    int four = 0x0F0F0F0F;
    int two = 0x30303030;
    group[to + WORD] = first & six;
    group[to + 2 * WORD] = (third & four) | ((first >>> 2) & two);
    group[to + 3 * WORD] = second & six;
    group[to + 4 * WORD] = ((third >>> 4) & four) | ((second >>> 2) & two);
  }

  /** 32 bytes hold block 2c low and block 2c+1 high. */
  private void packQ4K(int from, int quants, int blocks) {
    for (int b = 0; b < blocks; b++) {
      int chunk = from + 16 * (b / 2);
      for (int i = 0; i < 4; i++) {
        int low = word(chunk, i);
        int high = word(chunk + 8, i);
        group[quants + (b * 4 + i) * WORD] =
            b % 2 == 0
                ? (low & LOW_NIBBLES) | ((high & LOW_NIBBLES) << 4)
                : ((low >>> 4) & LOW_NIBBLES) | (high & HIGH_NIBBLES);
      }
    }
  }

  /** 32 bytes with the fifth bits, one bit per block; then as Q4_K. */
  private void packQ5K(int from, int quants, int blocks) {
    for (int b = 0; b < blocks; b++) {
      for (int i = 0; i < 8; i++) {
        int low = (word(from + 16 + 16 * (b / 2), i) >>> (4 * (b % 2))) & LOW_NIBBLES;
        int high = ((word(from, i) >>> b) & 0x01010101) << 4;
        put(quants, b, i, low | high);
      }
    }
  }

  /** Two halves of 128 columns: 64 bytes of low bits, 32 bytes of high bits; then scales. */
  private void packQ6K(int from, int to, int quants, int blocks, int row) {
    for (int b = 0; b < blocks; b++) {
      int part = b % 4;
      int low = from + 32 * (b / 4) + 16 * (part % 2);
      int high = from + 64 + 16 * (b / 4);
      for (int i = 0; i < 8; i++) {
        int word =
            ((word(low, i) >>> (4 * (part / 2))) & LOW_NIBBLES)
                | (((word(high, i) >>> (2 * part)) & 0x03030303) << 4);
        put(quants, b, i, encoding.isCompact() ? word : less(word, 32));
      }
    }
    for (int i = 0; i < 4; i++) {
      group[to + (1 + i) * WORD] = word(from + 96, i);
    }
    group[to] = finiteHalf(source[from + 104], row);
  }

  private void packWords(int from, int quants, int width, int row) {
    for (int c = 0; c < width; c++) {
      int bits = word(from, c);
      check((bits & 0x7F800000) != 0x7F800000, row);
      group[quants + c * WORD] = bits;
    }
  }

  private void packHalves(int from, int quants, int width, int row) {
    int mask = encoding == Encoding.F16 ? EXPONENT : 0x7F80;
    for (int c = 0; c < width; c++) {
      int bits = source[from + c] & 0xFFFF;
      check((bits & mask) != mask, row);
      group[quants + c / 2 * WORD] |= bits << (Short.SIZE * (c % 2));
    }
  }

  /** Word {@code i} of those that start at short {@code from} of the row. */
  private int word(int from, int i) {
    int low = from + 2 * i;
    return (source[low] & 0xFFFF) | (source[low + 1] << Short.SIZE);
  }

  private int finiteHalf(short bits, int row) {
    check((bits & EXPONENT) != EXPONENT, row);
    return bits & 0xFFFF;
  }

  private void check(boolean finite, int row) {
    if (!finite) {
      throw new IllegalArgumentException(
          "tensor %s, row %d: a weight is not finite".formatted(tensor.name(), row));
    }
  }
}
