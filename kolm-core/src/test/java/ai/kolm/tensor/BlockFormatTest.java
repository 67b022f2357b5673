package ai.kolm.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every format against the reference, bit for bit. */
class BlockFormatTest {

  @ParameterizedTest
  @EnumSource
  void decodesEveryGoldenBlockExactly(TensorType type) {
    GoldenBlocks.Decoded golden = GoldenBlocks.decoded(type);
    float[] values = new float[golden.count() * type.blockSize()];
    BlockFormat.of(type).decode(golden.blocks(), 0, values, 0, golden.count());
    for (int i = 0; i < values.length; i++) {
      int at = i;
      // floatToIntBits makes all NaN one: their payload is the machine's.
      assertEquals(
          Float.floatToIntBits(golden.values()[i]),
          Float.floatToIntBits(values[i]),
          () ->
              "%s block %d element %d: expected %s, got %s"
                  .formatted(
                      type,
                      at / type.blockSize(),
                      at % type.blockSize(),
                      golden.values()[at],
                      values[at]));
    }
  }

  @ParameterizedTest
  @EnumSource
  void decodesAnyRunOfBlocksAtAnyPlace(TensorType type) {
    GoldenBlocks.Decoded golden = GoldenBlocks.decoded(type);
    int size = type.blockSize();
    float[] values = new float[7 + 2 * size + 5];
    Arrays.fill(values, 42);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment odd = arena.allocate(golden.blocks().byteSize() + 3).asSlice(3);
      odd.copyFrom(golden.blocks());
      BlockFormat.of(type).decode(odd, type.blockBytes(), values, 7, 2);
    }
    float[] expected = new float[values.length];
    Arrays.fill(expected, 42);
    System.arraycopy(golden.values(), size, expected, 7, 2 * size);
    assertArrayEquals(expected, values);
  }

  @ParameterizedTest
  @EnumSource
  void refusesToReadOrWriteOutsideWhatItIsGiven(TensorType type) {
    BlockFormat format = BlockFormat.of(type);
    MemorySegment two = MemorySegment.ofArray(new byte[2 * type.blockBytes()]);
    float[] values = new float[2 * type.blockSize()];
    Arrays.fill(values, 42);
    float[] before = values.clone();
    assertOutOfBounds(() -> format.decode(two, 1, values, 0, 2));
    assertOutOfBounds(() -> format.decode(two, -1, values, 0, 1));
    assertOutOfBounds(() -> format.decode(two, 0, values, 1, 2));
    assertOutOfBounds(() -> format.decode(two, 0, values, -1, 1));
    assertOutOfBounds(() -> format.decode(two, 0, values, 0, 3));
    assertOutOfBounds(() -> format.decode(two, 0, values, 0, Integer.MAX_VALUE));
    assertOutOfBounds(() -> format.decode(two, Long.MAX_VALUE, values, 0, 1));
    assertArrayEquals(before, values, "nothing is decoded");
    format.decode(two, two.byteSize(), values, values.length, 0);
  }

  @ParameterizedTest
  @EnumSource
  void knowsItsTypeAndTheTypeItsNumber(TensorType type) {
    assertEquals(type, BlockFormat.of(type).type());
    assertEquals(type, TensorType.ofGgufId(type.ggufId()).orElseThrow());
  }

  private static void assertOutOfBounds(org.junit.jupiter.api.function.Executable executable) {
    assertThrows(IndexOutOfBoundsException.class, executable);
  }
}
