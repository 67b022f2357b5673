package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.Capability;
import ai.kolm.artifact.EmbeddingOutput;
import ai.kolm.artifact.Manifest;
import ai.kolm.chat.RunOptions;
import ai.kolm.embedding.EmbeddingInput;
import ai.kolm.embedding.Embeddings;
import ai.kolm.json.Json;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.reference.ReferenceData;
import ai.kolm.source.ModelFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An encoder becomes an artifact that gives the same vectors. */
final class PackEncoderTest {
  /** Of two programs in single precision. */
  private static final double TOLERANCE = 2e-6;

  @Test
  void anEncoderIsPackedAndRunsFromItsArtifact(@TempDir Path home) throws Exception {
    Path directory = ReferenceData.minilm();
    Path file = home.resolve("minilm.kolm");
    KolmRun packed =
        KolmRun.of(
            home,
            "pack",
            directory.toString(),
            "--license",
            "Apache-2.0",
            "--out",
            file.toString());
    assertEquals(0, packed.exitCode(), packed.err());
    float[] expected;
    try (Embeddings embeddings = Embeddings.open(directory)) {
      expected = embeddings.embed("The sea is calm.");
    }
    ModelFiles files = ModelFiles.open(file);
    Manifest manifest = files.artifact().map(Artifact::manifest).orElseThrow();
    assertEquals(List.of(Capability.EMBEDDINGS), manifest.capabilities());
    EmbeddingOutput output = manifest.embedding().orElseThrow();
    assertEquals(384, output.dimensions());
    assertEquals(EmbeddingOutput.Pooling.MEAN, output.pooling());
    try (Embeddings embeddings = Embeddings.of(files, RunOptions.DEFAULT)) {
      assertArrayEquals(expected, embeddings.embed("The sea is calm."));
      assertEquals(512, embeddings.maxTokens());
    }
  }

  @Tag("nightly") // fetches 130 MB
  @Test
  void bgeGivesTheVectorsOfItsReference(@TempDir Path home) throws Exception {
    checkVectors(home, ReferenceData.bgeSmall(), "cls", "bge-small.json");
  }

  @Tag("nightly") // fetches 130 MB
  @Test
  void e5GivesTheVectorsOfItsReference(@TempDir Path home) throws Exception {
    checkVectors(home, ReferenceData.e5Small(), "mean", "e5-small.json");
  }

  private static void checkVectors(Path home, Path model, String pooling, String golden)
      throws Exception {
    Path file = home.resolve("model.kolm");
    KolmRun packed =
        KolmRun.of(
            home,
            "pack",
            model.toString(),
            "--license",
            "MIT",
            "--pooling",
            pooling,
            "--out",
            file.toString());
    assertEquals(0, packed.exitCode(), packed.err());
    Path expected =
        ReferenceData.projectRoot()
            .resolve("kolm-runtime/src/test/resources/golden/embeddings")
            .resolve(golden);
    List<JsonObject> rows =
        JsonReader.readObject(Files.readAllBytes(expected), JsonLimits.DEFAULT).objects("rows");
    assertEquals(9, rows.size());
    try (Embeddings embeddings = Embeddings.of(ModelFiles.open(file), RunOptions.DEFAULT)) {
      for (JsonObject row : rows) {
        int[] ids =
            row.array("ids").stream().mapToInt(id -> (int) ((Json.Int) id).value()).toArray();
        EmbeddingInput tokens =
            new EmbeddingInput.Tokens(Arrays.copyOfRange(ids, 1, ids.length - 1));
        float[] vector =
            embeddings.embed(List.of(tokens), OptionalInt.empty()).vectors().getFirst();
        List<Json> numbers = row.array("embedding");
        for (int i = 0; i < vector.length; i++) {
          double number =
              numbers.get(i) instanceof Json.Int whole
                  ? whole.value()
                  : ((Json.Real) numbers.get(i)).value();
          assertEquals(number, vector[i], TOLERANCE, row.string("text"));
        }
        if (ids.length < 256) { // where the reference cuts
          assertArrayEquals(vector, embeddings.embed(row.string("text")), row.string("text"));
        }
      }
    }
  }
}
