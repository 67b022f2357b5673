package ai.kolm.tensor;

import java.util.Optional;

/**
 * How the elements of a tensor are stored. Elements come in blocks of {@link #blockSize()}
 * consecutive elements of a row, each {@link #blockBytes()} long; {@link BlockFormat} says what the
 * bytes of a block mean.
 *
 * <p>Ids, block sizes and layouts are those of the GGUF specification.
 */
public enum TensorType {
  F32(0, 1, 4),
  F16(1, 1, 2),
  Q4_0(2, 32, 18),
  Q4_1(3, 32, 20),
  Q5_0(6, 32, 22),
  Q5_1(7, 32, 24),
  Q8_0(8, 32, 34),
  Q2_K(10, 256, 84),
  Q3_K(11, 256, 110),
  Q4_K(12, 256, 144),
  Q5_K(13, 256, 176),
  Q6_K(14, 256, 210),
  IQ4_NL(20, 32, 18),
  BF16(30, 1, 2),
  MXFP4(39, 32, 17);

  private final int ggufId;
  private final int blockSize;
  private final int blockBytes;

  TensorType(int ggufId, int blockSize, int blockBytes) {
    this.ggufId = ggufId;
    this.blockSize = blockSize;
    this.blockBytes = blockBytes;
  }

  /** The number of this type in a GGUF file. */
  public int ggufId() {
    return ggufId;
  }

  /** Elements per block; the length of a row is a multiple of it. */
  public int blockSize() {
    return blockSize;
  }

  /** Bytes per block. */
  public int blockBytes() {
    return blockBytes;
  }

  /**
   * Bytes of {@code elements} consecutive elements.
   *
   * @throws IllegalArgumentException if they are not whole blocks
   * @throws ArithmeticException if the size does not fit a {@code long}
   */
  public long byteSize(long elements) {
    if (elements % blockSize != 0) {
      throw new IllegalArgumentException(
          "%d elements are not whole blocks of %d (%s)".formatted(elements, blockSize, this));
    }
    return Math.multiplyExact(elements / blockSize, blockBytes);
  }

  /** The type with this number in a GGUF file, if kolm knows it. */
  public static Optional<TensorType> ofGgufId(int id) {
    for (TensorType type : values()) {
      if (type.ggufId == id) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
