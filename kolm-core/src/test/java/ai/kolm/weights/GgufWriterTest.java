package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.reference.ReferenceData;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufWriterTest {

  @Test
  void aCopyReadsAsTheOriginal() throws IOException, ModelFormatException {
    GgufFile original = GgufFile.read(GgufBytes.tiny().toSegment(), "original");
    GgufWriter writer = new GgufWriter();
    original.values().forEach(writer::metadata);
    for (Tensor tensor : original.tensors()) {
      writer.tensor(tensor.name(), tensor.type(), tensor.shape(), TensorData.copyOf(tensor));
    }
    // The tiny file is laid out as the writer does it, but for the padding at the end.
    assertArrayEquals(GgufBytes.tiny().pad(16).toArray(), write(writer));
  }

  @Test
  void everyKindOfValueComesBack() throws IOException, ModelFormatException {
    GgufWriter writer = new GgufWriter();
    writer.metadata("u32", GgufValue.uint32(-1));
    writer.metadata("u64", GgufValue.uint64(1L << 62));
    writer.metadata("f32", GgufValue.float32(0.25f));
    writer.metadata("yes", GgufValue.bool(true));
    writer.metadata("no", GgufValue.bool(false));
    writer.metadata("text", GgufValue.string("caf\u00e9 \uD83D\uDE00"));
    writer.metadata("texts", GgufValue.arrayOf(List.of("", "a", "\u4e2d")));
    writer.metadata("ints", GgufValue.arrayOf(-1, 0, Integer.MAX_VALUE));
    writer.metadata("floats", GgufValue.arrayOf(-1f, 0.5f));
    writer.metadata("none", GgufValue.arrayOf(List.of()));
    Metadata metadata = read(write(writer)).metadata();
    assertEquals(4294967295L, metadata.integer("u32"));
    assertEquals(1L << 62, metadata.integer("u64"));
    assertEquals(0.25, metadata.number("f32"));
    assertTrue(metadata.findBoolean("yes").orElseThrow());
    assertTrue(!metadata.findBoolean("no").orElseThrow());
    assertEquals("caf\u00e9 \uD83D\uDE00", metadata.string("text"));
    assertEquals(List.of("", "a", "\u4e2d"), metadata.strings("texts"));
    assertArrayEquals(new long[] {-1, 0, Integer.MAX_VALUE}, metadata.integers("ints"));
    assertArrayEquals(new float[] {-1f, 0.5f}, metadata.floats("floats"));
    assertEquals(List.of(), metadata.strings("none"));
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 32, 64, 4096, 65_536})
  void theAlignmentOfTheMetadataIsKept(int alignment) throws IOException, ModelFormatException {
    GgufWriter writer = new GgufWriter();
    writer.metadata("general.alignment", GgufValue.uint32(alignment));
    for (int i = 1; i <= 3; i++) {
      float[] values = new float[i];
      values[i - 1] = i;
      writer.tensor("t" + i, TensorType.F32, Shape.of(i), TensorData.copyOf(tensor(values)));
    }
    byte[] bytes = write(writer);
    assertEquals(0, bytes.length % alignment);
    GgufFile file = read(bytes);
    for (int i = 1; i <= 3; i++) {
      Tensor tensor = file.weights().get("t" + i, i);
      assertEquals(i, values(tensor)[i - 1]);
      assertEquals(0, tensor.data().address() % alignment);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16", "Q4_0", "Q8_0", "Q4_K"})
  void quantizesRowByRow(TensorType type) throws IOException, ModelFormatException {
    // More rows than are encoded at once, and a last run that is not full.
    Random random = new Random(3);
    float[] values = new float[1025 * 256];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat(-1, 1);
    }
    Tensor source = new Tensor("w", TensorType.F32, Shape.of(1025, 256), tensor(values).data());
    GgufWriter writer = new GgufWriter();
    writer.tensor("w", type, source.shape(), TensorData.quantized(source, type));
    writer.tensor("copy", source.type(), source.shape(), TensorData.copyOf(source));
    Weights weights = read(write(writer)).weights();
    assertEquals(-1, source.data().mismatch(weights.get("copy", 1025, 256).data()));
    Tensor written = weights.get("w", 1025, 256);
    assertEquals(type, written.type());
    float[] decoded = values(written);
    for (int i = 0; i < values.length; i++) {
      assertEquals(values[i], decoded[i], 0.15);
    }
  }

  @Test
  void refusesWhatNoReaderWouldTake() {
    GgufWriter writer = new GgufWriter();
    GgufValue value = GgufValue.uint32(1);
    for (String key : List.of("", "a\nb", "caf\u00e9", "x".repeat(65_536))) {
      assertThrows(IllegalArgumentException.class, () -> writer.metadata(key, value));
    }
    for (GgufValue alignment :
        List.of(GgufValue.uint32(4), GgufValue.uint32(48), GgufValue.uint64(32))) {
      assertThrows(
          IllegalArgumentException.class, () -> writer.metadata("general.alignment", alignment));
    }
    TensorData none = channel -> {};
    for (String name : List.of("", "x".repeat(65), "\u4e2d".repeat(22))) {
      assertThrows(
          IllegalArgumentException.class,
          () -> writer.tensor(name, TensorType.F32, Shape.of(1), none));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.tensor("w", TensorType.Q8_0, Shape.of(2, 33), none));
    writer.tensor("w", TensorType.F32, Shape.of(1), none);
    assertThrows(
        IllegalArgumentException.class,
        () -> writer.tensor("w", TensorType.F32, Shape.of(1), none));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 5})
  void refusesDataOfAnotherSizeThanDeclared(int size) {
    GgufWriter writer = new GgufWriter();
    writer.tensor(
        "w", TensorType.F32, Shape.of(1), channel -> channel.write(ByteBuffer.allocate(size)));
    IllegalStateException e = assertThrows(IllegalStateException.class, () -> write(writer));
    assertEquals("tensor w: expected 4 bytes of data, got " + size, e.getMessage());
  }

  /** The gguf package of Python reads the file and finds the same in it. */
  @Test
  void thePythonPackageReadsTheSame(@TempDir Path folder)
      throws IOException, InterruptedException, ModelFormatException {
    String python = System.getenv().getOrDefault("KOLM_PYTHON", "python3");
    Assumptions.assumeTrue(
        run(python, "-c", "import gguf").isEmpty(), "no gguf package for " + python);
    GgufWriter writer = new GgufWriter();
    writer.metadata("general.architecture", GgufValue.string("tiny"));
    writer.metadata("general.alignment", GgufValue.uint32(64));
    writer.metadata("tiny.layers", GgufValue.uint64(2));
    writer.metadata("tiny.tied", GgufValue.bool(true));
    writer.metadata("tokens", GgufValue.arrayOf(List.of("a", "\u4e2d", "")));
    writer.metadata("scores", GgufValue.arrayOf(-1f, 0.5f));
    float[] values = new float[512];
    for (int i = 0; i < values.length; i++) {
      values[i] = i - 100;
    }
    Tensor source = new Tensor("w", TensorType.F32, Shape.of(2, 256), tensor(values).data());
    List<TensorType> types = List.of(TensorType.F32, TensorType.Q8_0, TensorType.Q4_K);
    for (TensorType type : types) {
      writer.tensor("w." + type, type, source.shape(), TensorData.quantized(source, type));
    }
    byte[] bytes = write(writer);
    StringBuilder expected =
        new StringBuilder(
            """
            general.architecture = 'tiny'
            general.alignment = 64
            tiny.layers = 2
            tiny.tied = True
            tokens = ['a', '\u4e2d', '']
            scores = [-1.0, 0.5]
            """);
    for (TensorType type : types) {
      CRC32 crc = new CRC32();
      crc.update(bytes(values(read(bytes).weights().get("w." + type, 2, 256))));
      expected.append("w.%1$s %1$s [2, 256] crc32 %2$d%n".formatted(type, crc.getValue()));
    }
    Path path = folder.resolve("tiny.gguf");
    Files.write(path, bytes);
    Path script = ReferenceData.projectRoot().resolve("scripts/golden/show_gguf.py");
    assertEquals(expected.toString(), run(python, script.toString(), path.toString()));
  }

  private static String run(String... command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PYTHONIOENCODING", "utf-8");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(1, TimeUnit.MINUTES));
    return output;
  }

  private static Tensor tensor(float... values) {
    return new Tensor(
        "t", TensorType.F32, Shape.of(values.length), MemorySegment.ofBuffer(bytes(values)));
  }

  private static ByteBuffer bytes(float... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return bytes;
  }

  private static float[] values(Tensor tensor) {
    float[] values = new float[(int) tensor.shape().elements()];
    BlockFormat.of(tensor.type())
        .decode(tensor.data(), 0, values, 0, values.length / tensor.type().blockSize());
    return values;
  }

  private static byte[] write(GgufWriter writer) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    writer.write(new ShortChannel(Channels.newChannel(out)));
    return out.toByteArray();
  }

  private static GgufFile read(byte[] bytes) throws ModelFormatException {
    MemorySegment aligned = Arena.ofAuto().allocate(bytes.length, 65_536);
    MemorySegment.copy(bytes, 0, aligned, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return GgufFile.read(aligned, "written.gguf");
  }

  /** Takes at most 1,000 bytes of what it is given. */
  private record ShortChannel(WritableByteChannel channel) implements WritableByteChannel {
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      int n = Math.min(1000, bytes.remaining());
      channel.write(bytes.slice(bytes.position(), n));
      bytes.position(bytes.position() + n);
      return n;
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
