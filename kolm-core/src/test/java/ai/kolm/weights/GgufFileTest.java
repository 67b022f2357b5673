package ai.kolm.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void readsEveryKindOfMetadata(int version) throws ModelFormatException {
    GgufFile file = read(GgufBytes.tiny().with("version", version));
    assertEquals(version, file.version());
    Metadata metadata = file.metadata();
    assertEquals("tiny.gguf", metadata.file());
    assertEquals(
        List.of(
            "general.alignment",
            "general.architecture",
            "tiny.layers",
            "tiny.epsilon",
            "tiny.tied",
            "tiny.scale",
            "tokens",
            "scores",
            "flags"),
        List.copyOf(metadata.keys()));
    assertEquals("tiny", metadata.string("general.architecture"));
    assertEquals(2, metadata.integer("tiny.layers"));
    assertEquals(1e-5f, metadata.number("tiny.epsilon"));
    assertEquals(0.5, metadata.number("tiny.scale"));
    assertEquals(2, metadata.number("tiny.layers"), "an integer is a number");
    assertEquals(Optional.of(true), metadata.findBoolean("tiny.tied"));
    assertEquals(List.of("a", "\u00e9", ""), metadata.strings("tokens"));
    assertArrayEquals(new float[] {-1, 0, 0}, metadata.floats("scores"));
  }

  @Test
  void absentKeysAreEmptyOrAnErrorThatNamesThem() throws ModelFormatException {
    Metadata metadata = read(GgufBytes.tiny().toArray()).metadata();
    assertEquals(Optional.empty(), metadata.findString("x"));
    assertEquals(OptionalLong.empty(), metadata.findInteger("x"));
    assertEquals(OptionalDouble.empty(), metadata.findNumber("x"));
    assertEquals(Optional.empty(), metadata.findBoolean("x"));
    assertEquals(List.of(), metadata.strings("x"));
    assertArrayEquals(new long[0], metadata.integers("x"));
    assertArrayEquals(new float[0], metadata.floats("x"));
    assertRefused("tiny.gguf: metadata key x is missing", () -> metadata.string("x"));
    assertRefused("tiny.gguf: metadata key x is missing", () -> metadata.integer("x"));
    assertRefused("tiny.gguf: metadata key x is missing", () -> metadata.number("x"));
  }

  @Test
  void anotherKindThanTheFileHasIsRefusedWithBothNamed() throws ModelFormatException {
    Metadata metadata = read(GgufBytes.tiny().toArray()).metadata();
    String key = "tiny.gguf: metadata key ";
    assertRefused(
        key + "tokens: expected a string, got array of string", () -> metadata.string("tokens"));
    assertRefused(
        key + "tiny.epsilon: expected an integer, got float32",
        () -> metadata.integer("tiny.epsilon"));
    assertRefused(
        key + "tiny.tied: expected a number, got bool", () -> metadata.number("tiny.tied"));
    assertRefused(
        key + "tiny.layers: expected a boolean, got uint64",
        () -> metadata.findBoolean("tiny.layers"));
    assertRefused(
        key + "scores: expected an array of strings, got array of float32",
        () -> metadata.strings("scores"));
    assertRefused(
        key + "scores: expected an array of integers, got array of float32",
        () -> metadata.integers("scores"));
    assertRefused(
        key + "flags: expected an array of numbers, got array of bool",
        () -> metadata.floats("flags"));
    assertRefused(
        key + "tiny.layers: expected an array of integers, got uint64",
        () -> metadata.integers("tiny.layers"));
  }

  @Test
  void integersAreWhatTheirTypeSays() throws ModelFormatException {
    GgufBytes bytes = new GgufBytes().header(3, 0, 6);
    bytes.key("i8", 1).u8("", -1);
    bytes.key("u8", 0).u8("", -1);
    bytes.key("i32", 5).u32("", -1);
    bytes.key("u32", 4).u32("", -1);
    bytes.key("i64", 11).u64("", -1);
    bytes.key("u64", 10).u64("", -1);
    GgufFile file = read(bytes.toArray());
    Metadata metadata = file.metadata();
    assertEquals(-1, metadata.integer("i8"));
    assertEquals(255, metadata.integer("u8"));
    assertEquals(-1, metadata.integer("i32"));
    assertEquals(4294967295L, metadata.integer("u32"));
    assertEquals(-1, metadata.integer("i64"));
    assertRefused(
        "tiny.gguf: metadata key u64: 18446744073709551615 is more than 9223372036854775807, the"
            + " most allowed",
        () -> metadata.integer("u64"));
    assertEquals("uint64 18446744073709551615", String.valueOf(file.values().get("u64")));
  }

  @Test
  void givesTensorsByNameAndShapeOutermostFirst() throws ModelFormatException {
    GgufFile file = read(GgufBytes.tiny().toArray());
    Weights weights = file.weights();
    assertEquals(List.of("norm", "embedding", "half", "brain"), List.copyOf(weights.names()));
    Tensor embedding = weights.get("embedding", 3, 32);
    assertEquals(TensorType.Q8_0, embedding.type());
    assertEquals(Shape.of(3, 32), embedding.shape());
    assertEquals(102, embedding.data().byteSize());
    assertEquals(5, embedding.data().get(ValueLayout.JAVA_BYTE, 5));
    assertTrue(embedding.data().isReadOnly());
    assertEquals(Shape.of(2, 2, 3, 2), weights.get("half", 2, 2, 3, 2).shape());
    assertEquals(Optional.empty(), weights.find("nothing", 1));
    assertEquals(4, file.tensors().size());
  }

  @Test
  void aTensorMissingOrOfAnotherShapeIsRefused() throws ModelFormatException {
    Weights weights = read(GgufBytes.tiny().toArray()).weights();
    assertRefused(
        "tiny.gguf: tensor output [3, 32] is missing", () -> weights.get("output", 3, 32));
    assertRefused(
        "tiny.gguf: tensor embedding: expected shape [32, 3], got [3, 32]",
        () -> weights.get("embedding", 32, 3));
    assertRefused(
        "tiny.gguf: tensor norm: expected shape [6], got [5]", () -> weights.find("norm", 6));
    assertRefused(
        "tiny.gguf: tensor norm: expected shape [-1, 0], got [5]",
        () -> weights.get("norm", -1, 0));
  }

  @Test
  void aFileWithoutTensorsOrMetadataOpens() throws ModelFormatException {
    GgufFile file = read(new GgufBytes().header(3, 0, 0).toArray());
    assertEquals(0, file.metadata().keys().size());
    assertEquals(0, file.tensors().size());
  }

  @Test
  void textThatIsNotUtf8IsRefusedWhenAskedFor() throws ModelFormatException {
    GgufBytes tiny = GgufBytes.tiny();
    Metadata metadata = read(tiny.withByteAfter("length of architecture", 8 + 1, 0xFF)).metadata();
    assertEquals(2, metadata.integer("tiny.layers"));
    assertRefused(
        "tiny.gguf: metadata key general.architecture: text that is not UTF-8",
        () -> metadata.string("general.architecture"));
    // The replacement character itself is good UTF-8.
    GgufBytes replacement = new GgufBytes().header(3, 0, 1);
    replacement.key("k", 8).string("v", "\uFFFD");
    assertEquals("\uFFFD", read(replacement.toArray()).metadata().string("k"));
  }

  @Test
  void mappedTensorsLiveAsLongAsTheArena(@TempDir Path folder)
      throws IOException, ModelFormatException {
    Path path = folder.resolve("model.gguf");
    Files.write(path, GgufBytes.tiny().toArray());
    Tensor tensor;
    try (Arena arena = Arena.ofConfined()) {
      GgufFile file = GgufFile.open(path, arena);
      tensor = file.weights().get("brain", 4);
      assertEquals("model.gguf", file.metadata().file());
      assertEquals(3, tensor.data().get(ValueLayout.JAVA_BYTE, 3));
    }
    assertFalse(tensor.data().scope().isAlive());
  }

  @Test
  void opensAllPartsFromTheFirst(@TempDir Path folder) throws IOException, ModelFormatException {
    for (int i = 0; i < 3; i++) {
      Files.write(folder.resolve(partName(i, 3)), part(i, 3, "t" + i).toArray());
    }
    try (Arena arena = Arena.ofConfined()) {
      GgufFile file = GgufFile.open(folder.resolve(partName(0, 3)), arena);
      assertEquals(List.of("t0", "t1", "t2"), List.copyOf(file.weights().names()));
      assertRefused(
          "m-00002-of-00003.gguf: part 2 of 3 of a model, expected part 1 of 3",
          () -> GgufFile.open(folder.resolve(partName(1, 3)), arena));
      Files.delete(folder.resolve(partName(2, 3)));
      assertRefused(
          "m-00001-of-00003.gguf: the model's file m-00003-of-00003.gguf is missing",
          () -> GgufFile.open(folder.resolve(partName(0, 3)), arena));
      Path renamed = folder.resolve("renamed.gguf");
      Files.move(folder.resolve(partName(0, 3)), renamed);
      assertRefused(
          "renamed.gguf: this is part 1 of 3, so its name must end with -00001-of-00003.gguf",
          () -> GgufFile.open(renamed, arena));
    }
  }

  @Test
  void partsThatDoNotBelongTogetherAreRefused() {
    assertRefused("p0: a model in 2 parts, got 1", () -> read(part(0, 2, "a")));
    assertRefused(
        "p1: part 1 of 2 of a model, expected part 2 of 2",
        () -> read(part(0, 2, "a"), part(0, 2, "b")));
    assertRefused(
        "p1: part 2 of 3 of a model, expected part 2 of 2",
        () -> read(part(0, 2, "a"), part(1, 3, "b")));
    assertRefused(
        "p1: tensor a is in an earlier file too", () -> read(part(0, 2, "a"), part(1, 2, "a")));
    assertRefused(
        "p0: split.tensors.count is 3, but the parts hold 4",
        () -> read(part(0, 4, "a"), part(1, 4, "b"), part(2, 4, "c"), part(3, 4, "d")));
    assertRefused(
        "p2: more than 2 tensors",
        () -> read(2, part(0, 3, "a"), part(1, 3, "b"), part(2, 3, "c")));
  }

  private static String partName(int part, int count) {
    return "m-%05d-of-%05d.gguf".formatted(part + 1, count);
  }

  /** One tensor, and what says that this is a part of a model of up to three tensors. */
  private static GgufBytes part(int number, int count, String tensor) {
    GgufBytes bytes = new GgufBytes().header(3, 1, 3);
    bytes.key("split.no", 2).u8("", number).u8("", 0);
    bytes.key("split.count", 2).u8("", count).u8("", 0);
    bytes.key("split.tensors.count", 5).u32("", Math.min(count, 3));
    return bytes.tensor(tensor, 0, 0, 1).pad(32).data(4);
  }

  private static GgufFile read(byte[] bytes) throws ModelFormatException {
    return GgufFile.read(MemorySegment.ofArray(bytes), "tiny.gguf");
  }

  private static GgufFile read(GgufBytes... parts) throws ModelFormatException {
    return read(WeightLimits.DEFAULT.tensors(), parts);
  }

  private static GgufFile read(int maxTensors, GgufBytes... parts) throws ModelFormatException {
    SequencedMap<String, MemorySegment> segments = new LinkedHashMap<>();
    for (GgufBytes part : parts) {
      segments.put("p" + segments.size(), part.toSegment());
    }
    return GgufFile.read(segments, new WeightLimits(100, maxTensors, 100, 100, 100));
  }

  private static void assertRefused(String message, Executable executable) {
    assertEquals(message, assertThrows(ModelFormatException.class, executable).getMessage());
  }
}
