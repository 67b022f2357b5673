package ai.kolm.kernels.x86;

import java.util.function.DoubleBinaryOperator;
import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;

/** What vector instructions do to their 32-bit lanes, after the manual. */
final class Lanes {
  private Lanes() {}

  /**
   * The result of an instruction.
   *
   * @param old the target before
   * @param a the first source
   * @param b the second source, or the only one
   */
  static int[] apply(VectorOp op, int[] old, int[] a, int[] b, int immediate, int lanes) {
    return switch (op) {
      case VADDPS -> floats(a, b, lanes, Double::sum);
      case VSUBPS -> floats(a, b, lanes, (x, y) -> x - y);
      case VMULPS -> floats(a, b, lanes, (x, y) -> x * y);
      case VDIVPS -> floats(a, b, lanes, (x, y) -> x / y);
      case VMINPS -> floats(a, b, lanes, (x, y) -> x < y ? x : y);
      case VMAXPS -> floats(a, b, lanes, (x, y) -> x > y ? x : y);
      case VSQRTPS -> floats(b, b, lanes, (x, _) -> Math.sqrt(x));
      case VPADDD -> integers(a, b, lanes, Integer::sum);
      case VPSUBD -> integers(a, b, lanes, (x, y) -> x - y);
      case VPSUBB -> integers(a, b, lanes, Lanes::bytewise);
      case VPAND -> integers(a, b, lanes, (x, y) -> x & y);
      case VPANDN -> integers(a, b, lanes, (x, y) -> ~x & y);
      case VPXOR -> integers(a, b, lanes, (x, y) -> x ^ y);
      case VPMADDWD -> integers(a, b, lanes, Lanes::pairs);
      case VPDPWSSD -> integers(old, integers(a, b, lanes, Lanes::pairs), lanes, Integer::sum);
      case VPDPBUSD -> integers(old, integers(a, b, lanes, Lanes::quads), lanes, Integer::sum);
      case VFMADD231PS -> fused(a, b, old, lanes, 1);
      case VFNMADD231PS -> fused(a, b, old, lanes, -1);
      case VFMADD213PS -> fused(a, old, b, lanes, 1);
      case VCVTNE2PS2BF16 -> brain(a, b, lanes);
      case VPERMW -> permuteWords(a, b, lanes);
      case VMOVUPS -> b;
      case VCVTDQ2PS -> integers(b, b, lanes, (x, _) -> Float.floatToRawIntBits(x));
      case VCVTPS2DQ -> integers(b, b, lanes, (x, _) -> (int) Math.rint(real(x)));
      case VCVTPH2PS -> widen(b, lanes);
      case VBROADCASTSS -> integers(b, b, lanes, (_, _) -> b[0]);
      case VPACKSSDW -> pack(a, b, lanes);
      case VPACKSSWB -> packBytes(a, b, lanes);
      case VSHUFPS -> shuffle(a, b, immediate, lanes);
      case VPSHUFD -> shuffle(b, b, immediate, lanes);
      case VPSHUFLW -> shuffleWords(b, immediate, lanes, 0);
      case VPSHUFHW -> shuffleWords(b, immediate, lanes, 2);
      case VPERMQ -> permute(b, immediate, lanes);
      case VPSRLD -> integers(b, b, lanes, (x, _) -> x >>> immediate);
      case VPSRAD -> integers(b, b, lanes, (x, _) -> x >> immediate);
      case VPSLLD -> integers(b, b, lanes, (x, _) -> x << immediate);
      case VPSRLW -> words(b, lanes, x -> (x & 0xFFFF) >>> immediate);
      case VPSRAW -> words(b, lanes, x -> (short) x >> immediate);
      case VPSLLW -> words(b, lanes, x -> x << immediate);
      case VCVTPS2PH, VPEXTRW, VEXTRACTF128, VEXTRACTF64X4, VMOVSS ->
          throw new IllegalStateException(op + " is no lane operation");
    };
  }

  private static float real(int bits) {
    return Float.intBitsToFloat(bits);
  }

  private static int[] integers(int[] a, int[] b, int lanes, IntBinaryOperator op) {
    int[] result = new int[16];
    for (int i = 0; i < lanes; i++) {
      result[i] = op.applyAsInt(a[i], b[i]);
    }
    return result;
  }

  /** One operation in double precision, rounded to single, is correctly rounded. */
  private static int[] floats(int[] a, int[] b, int lanes, DoubleBinaryOperator op) {
    return integers(
        a, b, lanes, (x, y) -> Float.floatToRawIntBits((float) op.applyAsDouble(real(x), real(y))));
  }

  private static int[] fused(int[] a, int[] b, int[] c, int lanes, float sign) {
    int[] result = new int[16];
    for (int i = 0; i < lanes; i++) {
      float sum = Math.fma(sign * real(a[i]), real(b[i]), real(c[i]));
      result[i] = Float.floatToRawIntBits(sum);
    }
    return result;
  }

  /** The differences of four bytes. */
  private static int bytewise(int x, int y) {
    int difference = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      difference |= (((x >> shift) - (y >> shift)) & 0xFF) << shift;
    }
    return difference;
  }

  /** The sum of the products of two signed 16-bit integers. */
  private static int pairs(int x, int y) {
    return (short) x * (short) y + (x >> 16) * (y >> 16);
  }

  /** The sum of the products of four unsigned and four signed bytes. */
  private static int quads(int x, int y) {
    int sum = 0;
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      sum += ((x >> shift) & 0xFF) * (byte) (y >> shift);
    }
    return sum;
  }

  private static int[] widen(int[] b, int lanes) {
    int[] result = new int[16];
    for (int i = 0; i < lanes; i++) {
      short half = (short) (b[i / 2] >> ((i % 2) * 16));
      result[i] = Float.floatToRawIntBits(Float.float16ToFloat(half));
    }
    return result;
  }

  /** The numbers of b, then those of a, rounded to the nearest, or even, upper half. */
  private static int[] brain(int[] a, int[] b, int lanes) {
    int[] result = new int[16];
    for (int i = 0; i < 2 * lanes; i++) {
      float x = real(i < lanes ? b[i] : a[i - lanes]);
      int bits = Float.floatToRawIntBits(x);
      int upper;
      if (Float.isNaN(x)) {
        upper = (bits >>> 16) | 0x40;
      } else if (Math.abs(x) < Float.MIN_NORMAL) {
        upper = (bits >>> 16) & 0x8000;
      } else {
        upper = (bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16;
      }
      result[i / 2] |= upper << (16 * (i % 2));
    }
    return result;
  }

  private static int[] permuteWords(int[] numbers, int[] b, int lanes) {
    int[] result = new int[16];
    for (int i = 0; i < 2 * lanes; i++) {
      int number = word(numbers, 0, i) & (2 * lanes - 1);
      result[i / 2] |= (word(b, 0, number) & 0xFFFF) << (16 * (i % 2));
    }
    return result;
  }

  private static int[] pack(int[] a, int[] b, int lanes) {
    int[] result = new int[16];
    for (int i = 0; i < lanes; i++) {
      int[] source = i % 4 < 2 ? a : b;
      int from = i / 4 * 4 + (i % 2) * 2;
      result[i] = (saturate(source[from]) & 0xFFFF) | (saturate(source[from + 1]) << 16);
    }
    return result;
  }

  private static int[] packBytes(int[] a, int[] b, int lanes) {
    int[] result = new int[16];
    for (int i = 0; i < lanes; i++) {
      int[] source = i % 4 < 2 ? a : b;
      for (int j = 0; j < 4; j++) {
        int word = (short) word(source, i / 4 * 4 + (i % 2) * 2, j);
        result[i] |= (Math.clamp(word, Byte.MIN_VALUE, Byte.MAX_VALUE) & 0xFF) << (Byte.SIZE * j);
      }
    }
    return result;
  }

  private static int saturate(int x) {
    return Math.clamp(x, Short.MIN_VALUE, Short.MAX_VALUE);
  }

  private static int[] shuffle(int[] a, int[] b, int immediate, int lanes) {
    int[] result = new int[16];
    for (int i = 0; i < lanes; i++) {
      int[] source = i % 4 < 2 ? a : b;
      result[i] = source[i / 4 * 4 + ((immediate >> ((i % 4) * 2)) & 3)];
    }
    return result;
  }

  /** Shuffles the four words that start at lane {@code first} of every four lanes. */
  private static int[] shuffleWords(int[] b, int immediate, int lanes, int first) {
    int[] result = new int[16];
    for (int i = 0; i < lanes; i++) {
      int lane = i % 4;
      if (lane / 2 * 2 != first) {
        result[i] = b[i];
        continue;
      }
      int word = (lane % 2) * 2;
      int base = i / 4 * 4 + first;
      result[i] =
          (word(b, base, (immediate >> (word * 2)) & 3) & 0xFFFF)
              | (word(b, base, (immediate >> (word * 2 + 2)) & 3) << 16);
    }
    return result;
  }

  private static int word(int[] b, int base, int index) {
    return b[base + index / 2] >> ((index % 2) * 16);
  }

  private static int[] permute(int[] b, int immediate, int lanes) {
    int[] result = new int[16];
    for (int i = 0; i < lanes; i++) {
      result[i] = b[i / 8 * 8 + ((immediate >> (i % 8 / 2 * 2)) & 3) * 2 + i % 2];
    }
    return result;
  }

  private static int[] words(int[] b, int lanes, IntUnaryOperator op) {
    return integers(
        b, b, lanes, (x, _) -> (op.applyAsInt(x) & 0xFFFF) | (op.applyAsInt(x >> 16) << 16));
  }
}
