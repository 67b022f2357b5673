package ai.kolm.kernels;

import ai.kolm.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Turns tensors as their file has them into {@link PackedMatrix}. Only the arrangement of bits
 * changes, never a value. Reads the file's memory with scalar accesses only, so that a file that is
 * cut off while it is mapped shows as an {@code InternalError} and not as a crash.
 */
final class MatrixPacker {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

  private static final int ALIGNMENT = 64;
  private static final int WORD = PackedMatrix.WORD_BYTES;

  private static final int LOW_NIBBLES = 0x0F0F0F0F;
  private static final int HIGH_NIBBLES = 0xF0F0F0F0;
  private static final int SIGN_BITS = 0x80808080;

  private static final int[] IQ4_NL = {
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113
  };

  private final Tensor tensor;
  private final Encoding encoding;
  private final MemorySegment source;
  private final MemorySegment target;
  private final long groupBytes;

  private MatrixPacker(Tensor tensor, Encoding encoding, MemorySegment target) {
    this.tensor = tensor;
    this.encoding = encoding;
    this.source = tensor.data();
    this.target = target;
    this.groupBytes = PackedMatrix.groupBytes(encoding, (int) tensor.shape().columns());
  }

  /**
   * Packs a matrix with all workers of {@code pool}.
   *
   * @throws IllegalArgumentException if a weight or scale is not finite; names tensor and row
   */
  static PackedMatrix pack(
      Matrix.Plain matrix, Encoding encoding, SegmentAllocator memory, WorkerPool pool) {
    int groups = PackedMatrix.groups(matrix.rows());
    long bytes = Math.multiplyExact(groups, PackedMatrix.groupBytes(encoding, matrix.columns()));
    MemorySegment target = memory.allocate(bytes, ALIGNMENT);
    MatrixPacker packer = new MatrixPacker(matrix.tensor(), encoding, target);
    pool.run(groups, (group, _) -> packer.packGroup(group));
    if (packer.source.isMapped()) {
      packer.source.unload(); // the file's pages are not needed beside the packed ones
    }
    return new PackedMatrix(matrix.name(), matrix.rows(), matrix.columns(), encoding, target);
  }

  private void packGroup(int group) {
    int firstRow = group * Encoding.GROUP;
    int lanes = (int) Math.min(Encoding.GROUP, tensor.shape().rows() - firstRow);
    int columns = (int) tensor.shape().columns();
    for (int lane = 0; lane < lanes; lane++) {
      long from = (firstRow + lane) * tensor.rowBytes();
      long to = group * groupBytes + (long) lane * Integer.BYTES;
      for (int c = 0; c < columns; c += Encoding.SUPER_BLOCK) {
        int width = Math.min(Encoding.SUPER_BLOCK, columns - c);
        packSuperBlock(from, to, width, firstRow + lane);
        from += tensor.type().blockBytes() * (long) (width / tensor.type().blockSize());
        to += PackedMatrix.superBlockBytes(encoding, width);
      }
    }
  }

  /**
   * One row of one super-block.
   *
   * @param from its first byte in the tensor
   * @param to the lane of this row in the first word of the super-block
   */
  private void packSuperBlock(long from, long to, int width, int row) {
    int blocks = (width + Encoding.BLOCK - 1) / Encoding.BLOCK;
    long quants = to + PackedMatrix.scaleBytes(encoding, blocks);
    switch (encoding) {
      case Q4_0, Q4_1 -> packNibbleBlocks(from, to, quants, blocks, row);
      case Q5_0, Q5_1, Q8_0, IQ4_NL -> packByteBlocks(from, to, quants, blocks, row);
      case Q4_K -> {
        packSuperBlockScales(from, to, row);
        packQ4K(from + 16, quants, blocks);
      }
      case Q5_K -> {
        packSuperBlockScales(from, to, row);
        packQ5K(from + 16, quants, blocks);
      }
      case Q6_K -> packQ6K(from, to, quants, blocks, row);
      case F16, BF16, F32 -> packFloats(from, quants, width, row);
    }
  }

  private void packNibbleBlocks(long from, long to, long quants, int blocks, int row) {
    int header = encoding.scales() == Encoding.Scales.SCALE ? 2 : 4;
    int stride = tensor.type().blockBytes();
    for (int b = 0; b < blocks; b++) {
      packBlockScales(from + (long) b * stride, to, b, row);
      for (int i = 0; i < 4; i++) {
        int word = word(from + (long) b * stride + header, i);
        target.set(INT, quants + (b * 4L + i) * WORD, word);
      }
    }
  }

  private void packByteBlocks(long from, long to, long quants, int blocks, int row) {
    int header = encoding.scales() == Encoding.Scales.SCALE ? 2 : 4;
    int stride = tensor.type().blockBytes();
    for (int b = 0; b < blocks; b++) {
      long block = from + (long) b * stride;
      packBlockScales(block, to, b, row);
      for (int i = 0; i < 8; i++) {
        target.set(INT, quants + (b * 8L + i) * WORD, byteWord(block + header, i));
      }
    }
  }

  /** Columns 4i to 4i+3 of a block of 32 as bytes. */
  private int byteWord(long data, int i) {
    return switch (encoding) {
      case Q8_0 -> word(data, i);
      case Q5_0 -> less(fiveBitWord(data, i), 16);
      case Q5_1 -> fiveBitWord(data, i);
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

  private int fiveBitWord(long data, int i) {
    int high = (word(data, 0) >>> (4 * i)) & 0xF;
    // Spreads four bits over four bytes: bit j to the lowest bit of byte j.
    int spread = ((high * 0x00204081) & 0x01010101) << 4;
    return nibbleWord(data + 4, i) | spread;
  }

  /** Four bytes below 64, each less {@code bias}, as signed bytes. */
  private static int less(int bytes, int bias) {
    // With its top bit set no byte borrows from the next; then that bit is turned back.
    return ((bytes | SIGN_BITS) - bias * 0x01010101) ^ SIGN_BITS;
  }

  /** Columns 4i to 4i+3 of 16 bytes that hold column k low and column 16+k high. */
  private int nibbleWord(long data, int i) {
    return (word(data, i & 3) >>> (i < 4 ? 0 : 4)) & LOW_NIBBLES;
  }

  private void packBlockScales(long from, long to, int block, int row) {
    short scale = finiteHalf(source.get(SHORT, from), row);
    if (encoding.scales() == Encoding.Scales.SCALE) {
      target.set(SHORT, to + (long) (block / 2) * WORD + 2L * (block % 2), scale);
    } else {
      target.set(SHORT, to + (long) block * WORD, scale);
      target.set(SHORT, to + (long) block * WORD + 2, finiteHalf(source.get(SHORT, from + 2), row));
    }
  }

  /** Half-precision scale and minimum, then twelve bytes of eight 6-bit scales and minima. */
  private void packSuperBlockScales(long from, long to, int row) {
    target.set(SHORT, to, finiteHalf(source.get(SHORT, from), row));
    target.set(SHORT, to + 2, finiteHalf(source.get(SHORT, from + 2), row));
    for (int b = 0; b < 8; b++) {
      int scale;
      int minimum;
      if (b < 4) {
        scale = source.get(BYTE, from + 4 + b) & 63;
        minimum = source.get(BYTE, from + 8 + b) & 63;
      } else {
        int low = source.get(BYTE, from + 8 + b);
        scale = (low & 0xF) | ((source.get(BYTE, from + b) & 0xC0) >>> 2);
        minimum = ((low >>> 4) & 0xF) | ((source.get(BYTE, from + 4 + b) & 0xC0) >>> 2);
      }
      target.set(BYTE, to + (1L + b / 4) * WORD + b % 4, (byte) scale);
      target.set(BYTE, to + (3L + b / 4) * WORD + b % 4, (byte) minimum);
    }
  }

  /** 32 bytes hold block 2c low and block 2c+1 high. */
  private void packQ4K(long from, long quants, int blocks) {
    for (int b = 0; b < blocks; b++) {
      long chunk = from + 32L * (b / 2);
      for (int i = 0; i < 4; i++) {
        int low = word(chunk, i);
        int high = word(chunk + 16, i);
        int word =
            b % 2 == 0
                ? (low & LOW_NIBBLES) | ((high & LOW_NIBBLES) << 4)
                : ((low >>> 4) & LOW_NIBBLES) | (high & HIGH_NIBBLES);
        target.set(INT, quants + (b * 4L + i) * WORD, word);
      }
    }
  }

  /** 32 bytes with the fifth bits, one bit per block; then as Q4_K. */
  private void packQ5K(long from, long quants, int blocks) {
    for (int b = 0; b < blocks; b++) {
      for (int i = 0; i < 8; i++) {
        int low = (word(from + 32 + 32L * (b / 2), i) >>> (4 * (b % 2))) & LOW_NIBBLES;
        int high = ((word(from, i) >>> b) & 0x01010101) << 4;
        target.set(INT, quants + (b * 8L + i) * WORD, low | high);
      }
    }
  }

  /** Two halves of 128 columns: 64 bytes of low bits, 32 bytes of high bits; then scales. */
  private void packQ6K(long from, long to, long quants, int blocks, int row) {
    for (int b = 0; b < blocks; b++) {
      int part = b % 4;
      long low = from + 64L * (b / 4) + 32L * (part % 2);
      long high = from + 128 + 32L * (b / 4);
      for (int i = 0; i < 8; i++) {
        int word =
            ((word(low, i) >>> (4 * (part / 2))) & LOW_NIBBLES)
                | (((word(high, i) >>> (2 * part)) & 0x03030303) << 4);
        target.set(INT, quants + (b * 8L + i) * WORD, less(word, 32));
      }
    }
    for (int half = 0; half < 16; half++) {
      byte scale = source.get(BYTE, from + 192 + half);
      target.set(BYTE, to + (1L + half / 4) * WORD + half % 4, scale);
    }
    target.set(SHORT, to, finiteHalf(source.get(SHORT, from + 208), row));
  }

  private void packFloats(long from, long quants, int width, int row) {
    for (int c = 0; c < width; c++) {
      switch (encoding.quants()) {
        case FLOATS -> {
          int bits = source.get(INT, from + 4L * c);
          check((bits & 0x7F800000) != 0x7F800000, row);
          target.set(INT, quants + (long) c * WORD, bits);
        }
        case HALVES, UPPER_HALVES -> {
          int mask = encoding.quants() == Encoding.Quants.HALVES ? 0x7C00 : 0x7F80;
          short bits = source.get(SHORT, from + 2L * c);
          check((bits & mask) != mask, row);
          target.set(SHORT, quants + (long) (c / 2) * WORD + 2L * (c % 2), bits);
        }
        case NIBBLES, BYTES, SIGNED_BYTES ->
            throw new IllegalStateException(encoding + " is no float type");
      }
    }
  }

  /** Word {@code i} of those that start at {@code offset}. */
  private int word(long offset, int i) {
    return source.get(INT, offset + (long) Integer.BYTES * i);
  }

  private short finiteHalf(short bits, int row) {
    check((bits & 0x7C00) != 0x7C00, row);
    return bits;
  }

  private void check(boolean finite, int row) {
    if (!finite) {
      throw new IllegalArgumentException(
          "tensor %s, row %d: a weight is not finite".formatted(tensor.name(), row));
    }
  }
}
