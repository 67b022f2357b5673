package ai.kolm.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.reference.ReferenceData;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Quantizer;
import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** Published model files, against what the reference finds in them. */
class ReferenceModelsTest {
  /** As in the tests of the quantizer: how much worse than the reference the error may be. */
  private static final double Q4_K_TOLERANCE = 1.03;

  @Test
  void everyTensorOfSmolLm2IsTheReference() throws Exception {
    assertTensorsAreTheReference(ReferenceData.smollm2(), "smollm2");
  }

  @Test
  void everyTensorOfGemma3IsTheReference() throws Exception {
    assertTensorsAreTheReference(ReferenceData.gemma3(), "gemma3");
  }

  private static void assertTensorsAreTheReference(Path path, String name) throws Exception {
    try (Arena arena = Arena.ofConfined()) {
      Map<String, Long> checksums = new HashMap<>();
      for (Tensor tensor : GgufFile.open(path, arena).tensors()) {
        checksums.put(describe(tensor.name(), tensor.type(), tensor.shape()), checksum(tensor));
      }
      Map<String, Long> expected = new HashMap<>();
      for (Json tensor : golden(name).array("tensors")) {
        List<Json> fields = items(tensor);
        TensorType type = TensorType.valueOf(((Json.Str) fields.get(1)).value());
        long[] extents =
            items(fields.get(2)).stream().mapToLong(e -> ((Json.Int) e).value()).toArray();
        String described = describe(((Json.Str) fields.get(0)).value(), type, Shape.of(extents));
        expected.put(described, ((Json.Int) fields.get(3)).value());
      }
      assertEquals(expected, checksums);
    }
  }

  private static String describe(String name, TensorType type, Shape shape) {
    return name + " " + type + " " + shape;
  }

  private static long checksum(Tensor tensor) {
    CRC32 crc = new CRC32();
    int columns = Math.toIntExact(tensor.shape().columns());
    float[] row = new float[columns];
    ByteBuffer bytes = ByteBuffer.allocate(columns * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    BlockFormat format = BlockFormat.of(tensor.type());
    for (long i = 0; i < tensor.shape().rows(); i++) {
      format.decode(
          tensor.data(), i * tensor.rowBytes(), row, 0, columns / tensor.type().blockSize());
      bytes.asFloatBuffer().put(row);
      crc.update(bytes.array());
    }
    return crc.getValue();
  }

  @Test
  void q4KOfRealWeightsIsAsGoodAsTheReference() throws Exception {
    JsonObject golden = golden("smollm2").object("llama_quantize_q4_k_rmse");
    try (Arena arena = Arena.ofConfined()) {
      Weights weights = GgufFile.open(ReferenceData.smollm2(), arena).weights();
      for (int layer : new int[] {0, 14, 29}) {
        String name = "blk." + layer + ".ffn_down.weight";
        double expected = ((Json.Real) golden.get(name)).value();
        double actual = q4KError(weights.get(name, 576, 1536));
        System.out.printf("Q4_K of %s: RMSE %.3f of the reference's%n", name, actual / expected);
        assertTrue(actual <= expected * Q4_K_TOLERANCE, name + ": " + actual);
      }
    }
  }

  private static double q4KError(Tensor tensor) {
    int columns = (int) tensor.shape().columns();
    float[] before = new float[columns];
    float[] after = new float[columns];
    int blocks = columns / TensorType.Q4_K.blockSize();
    MemorySegment encoded = MemorySegment.ofArray(new byte[blocks * TensorType.Q4_K.blockBytes()]);
    double sum = 0;
    for (long row = 0; row < tensor.shape().rows(); row++) {
      BlockFormat.of(tensor.type())
          .decode(
              tensor.data(),
              row * tensor.rowBytes(),
              before,
              0,
              columns / tensor.type().blockSize());
      Quantizer.of(TensorType.Q4_K).encode(before, 0, encoded, 0, blocks);
      BlockFormat.of(TensorType.Q4_K).decode(encoded, 0, after, 0, blocks);
      for (int i = 0; i < columns; i++) {
        sum += Math.pow((double) before[i] - after[i], 2);
      }
    }
    return Math.sqrt(sum / tensor.shape().elements());
  }

  @Test
  void metadataOfGemma3IsThere() throws Exception {
    try (Arena arena = Arena.ofConfined()) {
      long nanos = ThreadCost.nanos();
      Metadata metadata = GgufFile.open(ReferenceData.gemma3(), arena).metadata();
      long opened = ThreadCost.nanos() - nanos;
      List<String> tokens = metadata.strings("tokenizer.ggml.tokens");
      System.out.printf(
          "Gemma 3: %d ms of processor to open, %d ms to decode 262,144 tokens%n",
          opened / 1_000_000, (ThreadCost.nanos() - nanos - opened) / 1_000_000);
      assertEquals(262_144, tokens.size());
      assertEquals("<bos>", tokens.get(2));
      assertEquals(262_144, metadata.floats("tokenizer.ggml.scores").length);
      assertEquals(3, metadata.integers("tokenizer.ggml.token_type")[2]);
      assertEquals("gemma3", metadata.string("general.architecture"));
      assertEquals(640, metadata.integer("gemma3.embedding_length"));
      assertEquals(1e6, metadata.number("gemma3.rope.freq_base"));
    }
  }

  @Test
  void everyVocabularyFileOfLlamaCppOpens() throws Exception {
    Path any = ReferenceData.llamaCpp("ggml-vocab-llama-bpe.gguf");
    List<String> opened = new ArrayList<>();
    try (Arena arena = Arena.ofConfined();
        Stream<Path> files = Files.list(Objects.requireNonNull(any.getParent()))) {
      for (Path path : files.filter(p -> p.toString().endsWith(".gguf")).sorted().toList()) {
        GgufFile file = GgufFile.open(path, arena);
        assertEquals(0, file.tensors().size());
        assertTrue(file.metadata().strings("tokenizer.ggml.tokens").size() > 10_000);
        opened.add(path.getFileName() + " version " + file.version());
      }
    }
    assertTrue(opened.size() > 10, opened::toString);
  }

  @Test
  void miniLmOpensButForABufferOfIntegers() throws Exception {
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(ReferenceData.minilm(), arena);
      Tensor words = file.weights().get("embeddings.word_embeddings.weight", 30_522, 384);
      assertEquals(TensorType.F32, words.type());
      ModelFormatException e =
          assertThrows(
              ModelFormatException.class,
              () -> file.weights().get("embeddings.position_ids", 1, 512));
      assertEquals(
          "model.safetensors: tensor embeddings.position_ids cannot be used: dtype I64; supported:"
              + " F32, F16, BF16",
          e.getMessage());
    }
  }

  private static List<Json> items(Json array) {
    return ((Json.Arr) array).items();
  }

  private static JsonObject golden(String name) throws IOException, JsonException {
    try (InputStream in =
        ReferenceModelsTest.class.getResourceAsStream("/golden/blocks/" + name + ".json")) {
      return JsonReader.readObject(Objects.requireNonNull(in).readAllBytes(), JsonLimits.DEFAULT);
    }
  }
}
