package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;

/**
 * A metadata value as it stands in a GGUF file: its type and its bytes. Vocabularies are large and
 * often not asked for, so strings are decoded on demand; and a writer that copies a value copies
 * bytes.
 *
 * <p>Immutable. A value of an opened file is valid as long as the file is.
 */
public final class GgufValue {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final char REPLACEMENT = '\uFFFD';

  /** Bytes of strings that are read together. */
  private static final int WINDOW = 1 << 18;

  private final boolean array;
  private final GgufValueType itemType;
  private final int length;
  private final MemorySegment items;

  /**
   * @param itemType the type of the items, or of the one value; not an array
   * @param length the number of items; 1 for a value that is no array
   * @param items the items one after the other, as in the file
   */
  GgufValue(boolean array, GgufValueType itemType, int length, MemorySegment items) {
    this.array = array;
    this.itemType = itemType;
    this.length = length;
    this.items = items;
  }

  /** A {@code uint32}; {@code value} is taken as unsigned. */
  public static GgufValue uint32(int value) {
    return one(GgufValueType.UINT32, buffer(Integer.BYTES).putInt(value));
  }

  /** A {@code uint64}; {@code value} is taken as unsigned. */
  public static GgufValue uint64(long value) {
    return one(GgufValueType.UINT64, buffer(Long.BYTES).putLong(value));
  }

  /** A {@code float32}. */
  public static GgufValue float32(float value) {
    return one(GgufValueType.FLOAT32, buffer(Float.BYTES).putFloat(value));
  }

  /** A {@code bool}. */
  public static GgufValue bool(boolean value) {
    return one(GgufValueType.BOOL, buffer(1).put((byte) (value ? 1 : 0)));
  }

  /** A {@code string}. */
  public static GgufValue string(String value) {
    return one(GgufValueType.STRING, strings(List.of(value)));
  }

  /** An array of {@code string}. */
  public static GgufValue arrayOf(List<String> values) {
    return many(GgufValueType.STRING, values.size(), strings(values));
  }

  /** An array of {@code int32}. */
  public static GgufValue arrayOf(int... values) {
    ByteBuffer items = buffer(Math.multiplyExact(values.length, Integer.BYTES));
    items.asIntBuffer().put(values);
    return many(GgufValueType.INT32, values.length, items);
  }

  /** An array of {@code float32}. */
  public static GgufValue arrayOf(float... values) {
    ByteBuffer items = buffer(Math.multiplyExact(values.length, Float.BYTES));
    items.asFloatBuffer().put(values);
    return many(GgufValueType.FLOAT32, values.length, items);
  }

  /** The type of the items of an array; of any other value its own type. */
  public GgufValueType itemType() {
    return itemType;
  }

  /** Whether the value is an array. */
  public boolean isArray() {
    return array;
  }

  /** For messages: {@code uint32}, {@code array of string}. */
  String kind() {
    return array ? "array of " + itemType : itemType.toString();
  }

  /** The number of items of an array; of any other value 1. */
  public int length() {
    return length;
  }

  /** The items one after the other, as in the file. */
  MemorySegment items() {
    return items;
  }

  /** Item {@code i} of integers or booleans, its bits extended to a {@code long} by its type. */
  long integer(int i) {
    long at = (long) i * itemType.bytes();
    return switch (itemType) {
      case UINT8, BOOL -> Byte.toUnsignedLong(items.get(ValueLayout.JAVA_BYTE, at));
      case INT8 -> items.get(ValueLayout.JAVA_BYTE, at);
      case UINT16 -> Short.toUnsignedLong(items.get(SHORT, at));
      case INT16 -> items.get(SHORT, at);
      case UINT32 -> Integer.toUnsignedLong(items.get(SegmentReader.INT, at));
      case INT32 -> items.get(SegmentReader.INT, at);
      case UINT64, INT64 -> items.get(SegmentReader.LONG, at);
      case FLOAT32, FLOAT64, STRING, ARRAY -> throw new IllegalStateException("no integers");
    };
  }

  /** Item {@code i} of floating-point numbers. */
  double real(int i) {
    long at = (long) i * itemType.bytes();
    return itemType == GgufValueType.FLOAT32
        ? Float.intBitsToFloat(items.get(SegmentReader.INT, at))
        : Double.longBitsToDouble(items.get(SegmentReader.LONG, at));
  }

  /** All items of {@code int32}: at once, for vocabularies are read at every start. */
  long[] wideIntegers() {
    int[] narrow = items.toArray(SegmentReader.INT);
    long[] wide = new long[narrow.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = narrow[i];
    }
    return wide;
  }

  /** All items of {@code float32}. */
  float[] floats() {
    return items.toArray(FLOAT);
  }

  /**
   * All items of strings, as their bytes; fewer than 2^31.
   *
   * @throws CharacterCodingException if one is not UTF-8
   */
  Texts texts() throws CharacterCodingException {
    return Texts.ofItems(items.toArray(ValueLayout.JAVA_BYTE), length);
  }

  /**
   * All items of strings.
   *
   * @throws CharacterCodingException if one is not UTF-8
   */
  List<String> strings() throws CharacterCodingException {
    List<String> strings = new ArrayList<>(length);
    byte[] window = {};
    long start = 0;
    long at = 0;
    for (int i = 0; i < length; i++) {
      int size = (int) items.get(SegmentReader.LONG, at);
      long from = at + Long.BYTES;
      if (from + size > start + window.length) {
        long bytes = Math.min(items.byteSize() - from, Math.max(size, WINDOW));
        window = items.asSlice(from, bytes).toArray(ValueLayout.JAVA_BYTE);
        start = from;
      }
      strings.add(decode(window, (int) (from - start), size));
      at = from + size;
    }
    return strings;
  }

  /** UTF-8, strictly. */
  static String decode(MemorySegment utf8) throws CharacterCodingException {
    byte[] bytes = utf8.toArray(ValueLayout.JAVA_BYTE);
    return decode(bytes, 0, bytes.length);
  }

  /** Slow only for text that holds a replacement character. */
  static String decode(byte[] bytes, int from, int size) throws CharacterCodingException {
    String text = new String(bytes, from, size, UTF_8);
    return text.indexOf(REPLACEMENT) < 0
        ? text
        : UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, from, size)).toString();
  }

  private static ByteBuffer strings(List<String> values) {
    List<byte[]> encoded = values.stream().map(value -> value.getBytes(UTF_8)).toList();
    long size = encoded.stream().mapToLong(bytes -> Long.BYTES + bytes.length).sum();
    ByteBuffer items = buffer(Math.toIntExact(size));
    encoded.forEach(bytes -> items.putLong(bytes.length).put(bytes));
    return items;
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static GgufValue one(GgufValueType type, ByteBuffer item) {
    return new GgufValue(false, type, 1, MemorySegment.ofBuffer(item.rewind()).asReadOnly());
  }

  private static GgufValue many(GgufValueType type, int length, ByteBuffer items) {
    return new GgufValue(true, type, length, MemorySegment.ofBuffer(items.rewind()).asReadOnly());
  }

  /** {@code uint32 5}; strings and arrays without their content: {@code array of 49152 string}. */
  @Override
  public String toString() {
    if (array) {
      return "array of %d %s".formatted(length, itemType);
    }
    return switch (itemType) {
      case STRING, ARRAY -> itemType.toString();
      case FLOAT32, FLOAT64 -> itemType + " " + real(0);
      case BOOL -> itemType + " " + (integer(0) != 0);
      case UINT64 -> itemType + " " + Long.toUnsignedString(integer(0));
      case UINT8, INT8, UINT16, INT16, UINT32, INT32, INT64 -> itemType + " " + integer(0);
    };
  }
}
