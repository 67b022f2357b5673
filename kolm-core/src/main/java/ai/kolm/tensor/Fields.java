package ai.kolm.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Reads and writes the fields that blocks are made of: little-endian, at any address. */
final class Fields {
  private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private Fields() {}

  /** An unsigned byte. */
  static int u8(MemorySegment block, long at) {
    return Byte.toUnsignedInt(block.get(BYTE, at));
  }

  static int i8(MemorySegment block, long at) {
    return block.get(BYTE, at);
  }

  static short i16(MemorySegment block, long at) {
    return block.get(SHORT, at);
  }

  static int i32(MemorySegment block, long at) {
    return block.get(INT, at);
  }

  /** An IEEE 754 binary16. */
  static float f16(MemorySegment block, long at) {
    return Float.float16ToFloat(block.get(SHORT, at));
  }

  static float f32(MemorySegment block, long at) {
    return block.get(FLOAT, at);
  }

  static void putByte(MemorySegment block, long at, int value) {
    block.set(BYTE, at, (byte) value);
  }

  static void putShort(MemorySegment block, long at, short value) {
    block.set(SHORT, at, value);
  }

  static void putFloat(MemorySegment block, long at, float value) {
    block.set(FLOAT, at, value);
  }
}
