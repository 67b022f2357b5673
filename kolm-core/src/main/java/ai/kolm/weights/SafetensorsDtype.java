package ai.kolm.weights;

import ai.kolm.tensor.TensorType;
import java.util.Optional;

/** The element types of safetensors; kolm reads past most of them. */
enum SafetensorsDtype {
  F4(4),
  F6_E2M3(6),
  F6_E3M2(6),
  BOOL(8),
  U8(8),
  I8(8),
  F8_E5M2(8),
  F8_E4M3(8),
  F8_E8M0(8),
  F8_E4M3FNUZ(8),
  F8_E5M2FNUZ(8),
  I16(16),
  U16(16),
  F16(16),
  BF16(16),
  I32(32),
  U32(32),
  F32(32),
  C64(64),
  F64(64),
  I64(64),
  U64(64);

  private final int bits;

  SafetensorsDtype(int bits) {
    this.bits = bits;
  }

  /** Bits of one element. */
  int bits() {
    return bits;
  }

  /** The type of a tensor of such elements, if kolm has one. */
  Optional<TensorType> tensorType() {
    return switch (this) {
      case F16 -> Optional.of(TensorType.F16);
      case BF16 -> Optional.of(TensorType.BF16);
      case F32 -> Optional.of(TensorType.F32);
      case F4,
          F6_E2M3,
          F6_E3M2,
          BOOL,
          U8,
          I8,
          F8_E5M2,
          F8_E4M3,
          F8_E8M0,
          F8_E4M3FNUZ,
          F8_E5M2FNUZ,
          I16,
          U16,
          I32,
          U32,
          C64,
          F64,
          I64,
          U64 ->
          Optional.empty();
    };
  }

  static Optional<SafetensorsDtype> of(String name) {
    for (SafetensorsDtype dtype : values()) {
      if (dtype.name().equals(name)) {
        return Optional.of(dtype);
      }
    }
    return Optional.empty();
  }
}
