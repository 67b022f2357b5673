package ai.kolm.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is written can be read, and nothing else is written. */
class SafetensorsWriterTest {

  @Test
  void readsBackWhatItWrote() throws Exception {
    float[] large = new float[300_000]; // more than one buffer
    Random random = new Random(1);
    for (int i = 0; i < large.length; i++) {
      large[i] = Float.intBitsToFloat(random.nextInt());
    }
    SafetensorsWriter writer = new SafetensorsWriter(Map.of("format", "pt", "é", "\"\n"));
    writer.tensor("b", List.of(3L, 100_000L), () -> large);
    writer.tensor("a", List.of(2L), () -> new float[] {1.5f, -0f});
    SafetensorsFile file =
        SafetensorsFile.read(MemorySegment.ofArray(bytes(writer)), "test.safetensors");
    assertEquals(Map.of("format", "pt", "é", "\"\n"), file.metadata());
    assertArrayEquals(bits(large), bits(values(file.weights().get("b", 3, 100_000))));
    assertArrayEquals(new float[] {1.5f, -0f}, values(file.weights().get("a", 2)));
  }

  private static byte[] bytes(SafetensorsWriter writer) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(Channels.newChannel(out));
    return out.toByteArray();
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.shape().elements()];
    BlockFormat.of(tensor.type()).decode(tensor.data(), 0, values, 0, values.length);
    return values;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]);
    }
    return bits;
  }

  @Test
  void refusesNamesThatAreTakenAndValuesThatDoNotFit() throws Exception {
    SafetensorsWriter writer = new SafetensorsWriter(Map.of());
    writer.tensor("a", List.of(2L), () -> new float[3]);
    assertThrows(
        IllegalArgumentException.class, () -> writer.tensor("a", List.of(2L), () -> new float[2]));
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> bytes(writer));
    assertEquals("tensor a: 3 values for shape [2]", e.getMessage());
  }
}
