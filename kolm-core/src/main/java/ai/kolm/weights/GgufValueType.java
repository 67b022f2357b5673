package ai.kolm.weights;

import java.util.Locale;
import java.util.Optional;

/** The types of metadata values. */
public enum GgufValueType {
  UINT8(0, 1),
  INT8(1, 1),
  UINT16(2, 2),
  INT16(3, 2),
  UINT32(4, 4),
  INT32(5, 4),
  FLOAT32(6, 4),
  /** One byte, 0 or 1. */
  BOOL(7, 1),
  /** UTF-8, its length before it. */
  STRING(8, 0),
  /** Type and number of the items, then the items. */
  ARRAY(9, 0),
  UINT64(10, 8),
  INT64(11, 8),
  FLOAT64(12, 8);

  private final int id;
  private final int bytes;

  GgufValueType(int id, int bytes) {
    this.id = id;
    this.bytes = bytes;
  }

  /** Bytes of one value; 0 for strings and arrays, which vary. */
  int bytes() {
    return bytes;
  }

  /** The number of this type in a GGUF file. */
  int id() {
    return id;
  }

  boolean isInteger() {
    return switch (this) {
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
    };
  }

  boolean isNumber() {
    return isInteger() || this == FLOAT32 || this == FLOAT64;
  }

  static Optional<GgufValueType> ofId(long id) {
    for (GgufValueType type : values()) {
      if (type.id == id) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** As the specification writes it: {@code uint32}. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
