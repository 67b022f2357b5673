package ai.kolm.tensor;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;

/** The files of {@code golden/blocks}; its README says what they are. */
final class GoldenBlocks {

  private GoldenBlocks() {}

  /** Blocks and the values they stand for. */
  record Decoded(int count, MemorySegment blocks, float[] values) {}

  static Decoded decoded(TensorType type) {
    ByteBuffer file = file("decode-" + type + ".bin");
    int count = file.getInt();
    MemorySegment blocks =
        MemorySegment.ofBuffer(file).asSlice(0, (long) count * type.blockBytes()).asReadOnly();
    file.position(file.position() + (int) blocks.byteSize());
    return new Decoded(count, blocks, floats(file));
  }

  /** The values of rows that tests encode. */
  static float[] values(String name) {
    return floats(file(name));
  }

  /** What {@code rows} become. */
  static MemorySegment encoded(TensorType type) {
    return MemorySegment.ofBuffer(file("encode-" + type + ".bin"));
  }

  private static float[] floats(ByteBuffer bytes) {
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private static ByteBuffer file(String name) {
    try (InputStream in = GoldenBlocks.class.getResourceAsStream("/golden/blocks/" + name)) {
      byte[] bytes = Objects.requireNonNull(in, name).readAllBytes();
      return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
