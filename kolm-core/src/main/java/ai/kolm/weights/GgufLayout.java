package ai.kolm.weights;

/**
 * The layout of a GGUF file, as reader and writer agree on it: version 2 or 3, little-endian.
 *
 * <pre>
 * bytes
 *     4  "GGUF"
 *     4  version
 *     8  number of tensors
 *     8  number of metadata entries
 *        metadata entries: key (string), type (u32), value; the value of an array is the type of
 *          its items (u32), their number (u64), then the items
 *        tensors: name (string), number of extents (u32), extents innermost first (u64 each), type
 *          (u32), offset of the data from the start of all data (u64)
 *        zeros up to a multiple of the alignment
 *        data of the tensors, each from a multiple of the alignment on
 * </pre>
 *
 * <p>A string is its length in bytes (u64), then UTF-8. Numbers of 64 bits are unsigned. The
 * alignment is the entry {@code general.alignment}, or 32.
 *
 * <p>The specification allows, and kolm refuses: arrays of arrays, alignments below 8 or above
 * 65,536, tensors without elements. Keys may be any printable ASCII.
 */
final class GgufLayout {
  static final int MAGIC = 0x46554747;
  static final int VERSION = 3;
  static final int OLDEST_VERSION = 2;

  static final String ALIGNMENT_KEY = "general.alignment";
  static final int DEFAULT_ALIGNMENT = 32;
  static final int MIN_ALIGNMENT = 8;
  static final int MAX_ALIGNMENT = 1 << 16;

  static final int MAX_KEY_BYTES = 0xFFFF;
  static final int MAX_NAME_BYTES = 64;
  static final int MAX_RANK = 4;

  /** Length and at least one byte of a key, type, and a value of at least one byte. */
  static final int MIN_ENTRY_BYTES = 8 + 1 + 4 + 1;

  /** Length and at least one byte of a name, rank, at least one extent, type, offset. */
  static final int MIN_TENSOR_BYTES = 8 + 1 + 4 + 8 + 4 + 8;

  private GgufLayout() {}

  /** The next multiple of {@code alignment}, a power of two. */
  static long align(long position, int alignment) {
    return (position + alignment - 1) & -alignment;
  }

  /** Whether {@code general.alignment} may be {@code value}. */
  static boolean isAlignment(GgufValue value) {
    return !value.isArray()
        && value.itemType() == GgufValueType.UINT32
        && value.integer(0) >= MIN_ALIGNMENT
        && value.integer(0) <= MAX_ALIGNMENT
        && Long.bitCount(value.integer(0)) == 1;
  }

  /** Whether these bytes make a metadata key. */
  static boolean isKey(byte[] key) {
    for (byte c : key) {
      if (c < ' ' || c > '~') {
        return false;
      }
    }
    return key.length > 0 && key.length <= MAX_KEY_BYTES;
  }
}
