package ai.kolm.kernels;

import ai.kolm.tensor.TensorType;
import java.util.Optional;

/**
 * How a tensor type is packed: what the quants of a block are, and how block scale and minimum are
 * kept. A weight is {@code q * scale}, or {@code fma(q, scale, minimum)} where there are minima;
 * that equals the type's own definition bit for bit: either product is exact or both round once.
 *
 * <p>{@link PackedMatrix} gives the layout.
 */
enum Encoding {
  /** 4-bit quants minus 8, one half-precision scale per 32. */
  Q4_0(Quants.NIBBLES, Scales.SCALE, 8),
  /** 4-bit quants, half-precision scale and minimum per 32. */
  Q4_1(Quants.NIBBLES, Scales.SCALE_AND_MINIMUM, 0),
  /** 5-bit quants minus 16, as signed bytes. */
  Q5_0(Quants.SIGNED_BYTES, Scales.SCALE, 0),
  /** 5-bit quants, as bytes. */
  Q5_1(Quants.BYTES, Scales.SCALE_AND_MINIMUM, 0),
  /** Signed 8-bit quants. */
  Q8_0(Quants.SIGNED_BYTES, Scales.SCALE, 0),
  /** The values that 4-bit quants stand for, as signed bytes. */
  IQ4_NL(Quants.SIGNED_BYTES, Scales.SCALE, 0),
  /** 4-bit quants; per 256 a scale and a minimum, each times 6 bits per 32. */
  Q4_K(Quants.NIBBLES, Scales.SUPER_BLOCK, 0),
  /** 5-bit quants as bytes, scales as Q4_K. */
  Q5_K(Quants.BYTES, Scales.SUPER_BLOCK, 0),
  /** 6-bit quants minus 32 as signed bytes; per 256 a scale, times 8 bits per 16. */
  Q6_K(Quants.SIGNED_BYTES, Scales.SUPER_BLOCK_16, 0),
  /** {@link #Q5_0} as a file has it: the form that machine code reads; so are those that follow. */
  COMPACT_Q5_0(Quants.FIVES, Scales.SCALE, 0),
  COMPACT_Q5_1(Quants.FIVES, Scales.SCALE_AND_MINIMUM, 0),
  COMPACT_Q5_K(Quants.FIVES, Scales.SUPER_BLOCK, 0),
  COMPACT_Q6_K(Quants.SIXES, Scales.SUPER_BLOCK_16, 0),
  /** Floats rounded to 12 bits when loaded, as 16-bit integers, a single-precision scale per 32. */
  WORDS(Quants.WORDS, Scales.SINGLE, 0),
  /** Half precision. */
  F16(Quants.HALVES, Scales.NONE, 0),
  /** The upper half of single precision. */
  BF16(Quants.UPPER_HALVES, Scales.NONE, 0),
  /** Single precision. */
  F32(Quants.FLOATS, Scales.NONE, 0);

  /** Columns that share scales and lie together. */
  static final int SUPER_BLOCK = 256;

  /** Columns of a block. */
  static final int BLOCK = 32;

  /** Rows that lie together, one per lane of a 512-bit vector of floats. */
  static final int GROUP = 16;

  /** What is stored per weight. */
  enum Quants {
    /** Unsigned, with minima. */
    NIBBLES(4),
    /** Unsigned, with minima. */
    BYTES(8),
    /** Without minima. */
    SIGNED_BYTES(8),
    /** Unsigned, in bit planes; bytes once they are expanded. */
    FIVES(5),
    /** The same. */
    SIXES(6),
    /** Signed 16-bit integers, without minima. */
    WORDS(16),
    HALVES(16),
    UPPER_HALVES(16),
    FLOATS(32);

    private final int bits;

    Quants(int bits) {
      this.bits = bits;
    }

    /** Bits of a weight. */
    int bits() {
      return bits;
    }

    /** Bytes for {@code columns} weights of each row of a group; whole blocks. */
    long groupBytes(int columns) {
      return (long) GROUP * columns * bits / Byte.SIZE;
    }
  }

  /** What is stored per block besides the quants: lanes of 32 bits, one per row of a group. */
  enum Scales {
    NONE,
    /** A single-precision scale. */
    SINGLE,
    /** Half-precision scales of two blocks in one lane: even block low. */
    SCALE,
    /** Scale low, minimum high. */
    SCALE_AND_MINIMUM,
    /**
     * Scale low, minimum high; then 6-bit factors, four blocks to a lane: scales 0-3, 4-7, minima
     * 0-3, 4-7.
     */
    SUPER_BLOCK,
    /** Scale low; then signed 8-bit factors of 16 half blocks, four to a lane. */
    SUPER_BLOCK_16;

    /** Lanes per row for {@code blocks} blocks of one super-block. */
    int lanes(int blocks) {
      return switch (this) {
        case NONE -> 0;
        case SCALE -> (blocks + 1) / 2;
        case SCALE_AND_MINIMUM, SINGLE -> blocks;
        case SUPER_BLOCK, SUPER_BLOCK_16 -> 5;
      };
    }

    /** Columns that share one scale. */
    int span() {
      return this == SUPER_BLOCK_16 ? BLOCK / 2 : BLOCK;
    }
  }

  private final Quants quants;
  private final Scales scales;
  private final int bias;

  Encoding(Quants quants, Scales scales, int bias) {
    this.quants = quants;
    this.scales = scales;
    this.bias = bias;
  }

  Quants quants() {
    return quants;
  }

  Scales scales() {
    return scales;
  }

  /** What has been added to unsigned quants; the minimum takes it away again. */
  int bias() {
    return bias;
  }

  /** The form with fewest bits. */
  Encoding compact() {
    return switch (this) {
      case Q5_0 -> COMPACT_Q5_0;
      case Q5_1 -> COMPACT_Q5_1;
      case Q5_K -> COMPACT_Q5_K;
      case Q6_K -> COMPACT_Q6_K;
      default -> this;
    };
  }

  /** The form that is multiplied: whole nibbles, bytes or floats. */
  Encoding expanded() {
    return switch (this) {
      case COMPACT_Q5_0 -> Q5_0;
      case COMPACT_Q5_1 -> Q5_1;
      case COMPACT_Q5_K -> Q5_K;
      case COMPACT_Q6_K -> Q6_K;
      default -> this;
    };
  }

  /** Whether {@link #expanded} is another one. */
  boolean isCompact() {
    return expanded() != this;
  }

  /** How {@code type} is packed; empty if kernels multiply with it as it is. */
  static Optional<Encoding> of(TensorType type) {
    return switch (type) {
      case Q4_0 -> Optional.of(Q4_0);
      case Q4_1 -> Optional.of(Q4_1);
      case Q5_0 -> Optional.of(Q5_0);
      case Q5_1 -> Optional.of(Q5_1);
      case Q8_0 -> Optional.of(Q8_0);
      case IQ4_NL -> Optional.of(IQ4_NL);
      case Q4_K -> Optional.of(Q4_K);
      case Q5_K -> Optional.of(Q5_K);
      case Q6_K -> Optional.of(Q6_K);
      case F16 -> Optional.of(F16);
      case BF16 -> Optional.of(BF16);
      case F32 -> Optional.of(F32);
      case Q2_K, Q3_K, MXFP4 -> Optional.empty();
    };
  }
}
