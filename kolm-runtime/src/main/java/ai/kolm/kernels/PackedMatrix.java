package ai.kolm.kernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * A weight matrix laid out for vectors whose lanes are rows, so that no sum ever runs across lanes.
 *
 * <p>Sixteen rows make a group, 256 columns a super-block (the last of a row may be shorter). Of
 * each group, super-block by super-block in address order:
 *
 * <pre>{@code
 * scales   [lane][16 rows] of 32 bits     Encoding.Scales says what the lanes hold
 * quants   per block of 32 columns, [k][16 rows] of 32 bits:
 *          NIBBLES       4 x: byte j of word i: column 4i+j low, column 16+4i+j high
 *          BYTES         8 x: byte j of word i: column 4i+j (SIGNED_BYTES alike)
 *          FIVES         5 x: first bit 4: byte j, bit i: column 4i+j; then bits 0 to 3 as NIBBLES
 *          SIXES         6 x: first bits 4 and 5, columns 0 to 15: byte j, bits 2i and 2i+1: column
 *                        4i+j; then of columns 16 to 31; then bits 0 to 3 as NIBBLES
 *          WORDS        16 x: word 2i: columns 4i low, 4i+2 high; 2i+1: 4i+1 low, 4i+3 high
 *          HALVES       16 x: column 2i low, column 2i+1 high (UPPER_HALVES alike)
 *          FLOATS       32 x: column i
 * }</pre>
 *
 * <p>Four bytes of one row in a word are what an integer dot product takes; a panel of the matrix
 * product is two groups. Rows are filled up to whole panels with zeros; columns of float types to
 * whole blocks.
 *
 * @param name the tensor's name
 * @param rows outputs
 * @param columns inputs
 * @param encoding what the words mean
 * @param data all groups, 64-byte aligned
 */
record PackedMatrix(String name, int rows, int columns, Encoding encoding, MemorySegment data)
    implements Matrix {

  /** Bytes of one 32-bit word of each row of a group. */
  static final int WORD_BYTES = Encoding.GROUP * Integer.BYTES;

  private static final int ALIGNMENT = 64;

  PackedMatrix {
    long expected = groups(rows) * groupBytes(encoding, columns);
    if (data.byteSize() != expected) {
      throw new IllegalArgumentException(
          "%s: expected %d packed bytes, got %d".formatted(name, expected, data.byteSize()));
    }
  }

  /** Memory for a matrix, to be packed. */
  static PackedMatrix allocate(Plain matrix, Encoding encoding, SegmentAllocator memory) {
    long bytes = Math.multiplyExact(groups(matrix.rows()), groupBytes(encoding, matrix.columns()));
    MemorySegment data = memory.allocate(bytes, ALIGNMENT);
    return new PackedMatrix(matrix.name(), matrix.rows(), matrix.columns(), encoding, data);
  }

  /** The number of groups, filled up to whole panels. */
  static int groups(int rows) {
    return Panels.roundUp(rows) / Encoding.GROUP;
  }

  /** Bytes of one group. */
  static long groupBytes(Encoding encoding, int columns) {
    int whole = columns / Encoding.SUPER_BLOCK;
    int rest = columns % Encoding.SUPER_BLOCK;
    return whole * superBlockBytes(encoding, Encoding.SUPER_BLOCK)
        + (rest == 0 ? 0 : superBlockBytes(encoding, rest));
  }

  /** Bytes of a super-block of {@code columns} columns, at most 256, of one group. */
  static long superBlockBytes(Encoding encoding, int columns) {
    int blocks = (columns + Encoding.BLOCK - 1) / Encoding.BLOCK;
    return scaleBytes(encoding, blocks) + encoding.quants().groupBytes(blocks * Encoding.BLOCK);
  }

  /** Bytes of the scales at the start of a super-block of {@code blocks} blocks. */
  static long scaleBytes(Encoding encoding, int blocks) {
    return (long) encoding.scales().lanes(blocks) * WORD_BYTES;
  }

  /** Bytes of one group of this matrix. */
  long groupBytes() {
    return groupBytes(encoding, columns);
  }

  /**
   * Offset of the first block of a group that holds column {@code column}: of a super-block, or,
   * for types without scales, of any block.
   */
  long offset(int group, int column) {
    int inside = column % Encoding.SUPER_BLOCK;
    return group * groupBytes()
        + column / Encoding.SUPER_BLOCK * superBlockBytes(encoding, Encoding.SUPER_BLOCK)
        + (inside == 0 ? 0 : encoding.quants().groupBytes(inside));
  }

  /** Panels of 32 rows. */
  int panels() {
    return groups(rows) / 2;
  }
}
