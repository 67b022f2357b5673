package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.Capability;
import ai.kolm.artifact.EmbeddingOutput;
import ai.kolm.artifact.Manifest;
import ai.kolm.chat.RunOptions;
import ai.kolm.embedding.Embeddings;
import ai.kolm.reference.ReferenceData;
import ai.kolm.source.ModelFiles;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An encoder becomes an artifact that gives the same vectors. */
final class PackEncoderTest {

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
}
