package ai.kolm.weights;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsFileTest {

  @Test
  void givesTensorsByNameAndShape() throws ModelFormatException {
    SafetensorsFile file = read(SafetensorsBytes.tiny());
    assertEquals(Map.of("format", "pt", "note", "a, b"), file.metadata());
    assertEquals(
        Set.of("norm", "ids", "half", "brain", "scalar", "none", "fours"), file.weights().names());
    Tensor norm = file.weights().get("norm", 3);
    assertEquals(TensorType.F32, norm.type());
    assertEquals(8, norm.data().get(ValueLayout.JAVA_BYTE, 0));
    assertTrue(norm.data().isReadOnly());
    assertEquals(TensorType.F16, file.weights().get("half", 2, 2, 2).type());
    assertEquals(TensorType.BF16, file.weights().get("brain", 1, 4).type());
    assertEquals(
        List.of("norm", "half", "brain"), file.tensors().stream().map(Tensor::name).toList());
  }

  @Test
  void whatKolmCannotReadIsRefusedOnlyWhenAskedFor() throws ModelFormatException {
    Weights weights = read(SafetensorsBytes.tiny()).weights();
    assertRefused(
        "tiny.safetensors: tensor ids cannot be used: dtype I64; supported: F32, F16, BF16",
        () -> weights.get("ids", 1, 1));
    assertRefused(
        "tiny.safetensors: tensor fours cannot be used: dtype F4; supported: F32, F16, BF16",
        () -> weights.find("fours", 4));
    assertRefused(
        "tiny.safetensors: tensor scalar cannot be used: shape []; supported: 1 to 4 extents, each"
            + " at least 1",
        () -> weights.get("scalar", 1));
    assertRefused(
        "tiny.safetensors: tensor none cannot be used: shape [0, 7]; supported: 1 to 4 extents,"
            + " each at least 1",
        () -> weights.get("none", 7));
    assertRefused(
        "tiny.safetensors: tensor norm: expected shape [4], got [3]", () -> weights.get("norm", 4));
    assertRefused(
        "tiny.safetensors: tensor gate [2, 3] is missing", () -> weights.get("gate", 2, 3));
  }

  @Test
  void opensAFolderWithASingleFile(@TempDir Path folder) throws IOException, ModelFormatException {
    try (Arena arena = Arena.ofConfined()) {
      assertThrows(NoSuchFileException.class, () -> SafetensorsFile.open(folder, arena));
      Files.write(folder.resolve("model.safetensors"), SafetensorsBytes.tiny());
      SafetensorsFile file = SafetensorsFile.open(folder, arena);
      assertEquals(Shape.of(3), file.weights().get("norm", 3).shape());
    }
  }

  @Test
  void opensTheFilesOfAnIndex(@TempDir Path folder) throws IOException, ModelFormatException {
    Files.write(folder.resolve("a.safetensors"), one("x"));
    Files.write(folder.resolve("b.safetensors"), one("y"));
    index(folder, "{'metadata':{'total_size':8},'weight_map':{'x':'%s','y':'%s'}}", "a", "b");
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(folder, arena);
      assertEquals(List.of("x", "y"), List.copyOf(file.weights().names()));
      file.weights().get("y", 1);
    }
  }

  @Test
  void anIndexThatDoesNotAgreeWithItsFilesIsRefused(@TempDir Path folder) throws IOException {
    Files.write(folder.resolve("a.safetensors"), one("x"));
    Files.write(folder.resolve("b.safetensors"), one("y"));
    String in = "model.safetensors.index.json: ";
    assertIndexRefused(
        in + "tensor y: in a.safetensors by the index, but in b.safetensors",
        folder,
        "{'weight_map':{'x':'%s','y':'%s'}}",
        "b",
        "a");
    assertIndexRefused(
        in + "tensor y: in no file by the index, but in b.safetensors",
        folder,
        "{'weight_map':{'x':'%s','z':'%s'}}",
        "a",
        "b");
    assertIndexRefused(
        in + "tensor z: in b.safetensors by the index, but in no file",
        folder,
        "{'weight_map':{'x':'%s','y':'%s','z':'%s'}}",
        "a",
        "b",
        "b");
    assertIndexRefused(
        in + "the model's file c.safetensors is missing",
        folder,
        "{'weight_map':{'x':'%s','y':'%s'}}",
        "a",
        "c");
    for (String name : List.of("../a", "/etc/a", "..", "", "sub/a", "..\\a", "a\u0000")) {
      index(
          folder, "{'weight_map':{'x':'%s'}}", name.replace("\\", "\\\\").replace("\0", "\\u0000"));
      assertIndexRefused(
          in + "\"" + name.replace('\0', '?') + ".safetensors\" is no file of this folder", folder);
    }
    assertIndexRefused(in + "an index of no tensors", folder, "{'weight_map':{}}");
    assertIndexRefused(in + "index: /weight_map is missing", folder, "{'map':{}}");
    assertIndexRefused(in + "index: expected a JSON object", folder, "[]");
  }

  @Test
  void filesOfAModelHaveNoTensorInCommon() throws ModelFormatException {
    SequencedMap<String, MemorySegment> files = new LinkedHashMap<>();
    files.put("a", MemorySegment.ofArray(one("x")));
    files.put("b", MemorySegment.ofArray(one("y")));
    assertEquals(
        Set.of("x", "y"), SafetensorsFile.read(files, WeightLimits.DEFAULT).weights().names());
    assertRefused(
        "b: more than 1 tensors",
        () -> SafetensorsFile.read(files, new WeightLimits(1, 1, 1, 1, 1000)));
    files.put("c", MemorySegment.ofArray(one("x")));
    assertRefused(
        "c: tensor x is in an earlier file too",
        () -> SafetensorsFile.read(files, WeightLimits.DEFAULT));
  }

  private static byte[] one(String tensor) {
    return SafetensorsBytes.of(
        "{\"%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}".formatted(tensor), 4);
  }

  private static void index(Path folder, String json, String... shards) throws IOException {
    Object[] files = List.of(shards).stream().map(shard -> shard + ".safetensors").toArray();
    Files.write(
        folder.resolve("model.safetensors.index.json"),
        json.formatted(files).replace('\'', '"').getBytes(UTF_8));
  }

  private static void assertIndexRefused(String message, Path folder, String json, String... shards)
      throws IOException {
    index(folder, json, shards);
    assertIndexRefused(message, folder);
  }

  private static void assertIndexRefused(String message, Path folder) {
    try (Arena arena = Arena.ofConfined()) {
      assertRefused(message, () -> SafetensorsFile.open(folder, arena));
    }
  }

  private static SafetensorsFile read(byte[] bytes) throws ModelFormatException {
    return SafetensorsFile.read(MemorySegment.ofArray(bytes), "tiny.safetensors");
  }

  private static void assertRefused(String message, Executable executable) {
    assertEquals(message, assertThrows(ModelFormatException.class, executable).getMessage());
  }
}
