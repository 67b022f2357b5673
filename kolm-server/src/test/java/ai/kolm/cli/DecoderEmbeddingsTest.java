package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.BaseModel;
import ai.kolm.artifact.Capability;
import ai.kolm.artifact.EmbeddingOutput;
import ai.kolm.artifact.Manifest;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.embedding.EmbeddingInput;
import ai.kolm.embedding.EmbeddingResponse;
import ai.kolm.embedding.Embeddings;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A decoder becomes an artifact that makes vectors; that its hidden states are those of the
 * reference is shown beside the model.
 */
final class DecoderEmbeddingsTest {
  private static final String TEXT = "The sea is calm.";

  @TempDir private Path home;

  private Path pack(String name, String... more) {
    Path file = home.resolve(name);
    List<String> arguments = new ArrayList<>(List.of("pack", KolmRun.chatModel().toString()));
    arguments.addAll(List.of("--license", "MIT", "--out", file.toString()));
    arguments.addAll(List.of(more));
    KolmRun run = KolmRun.of(home, arguments.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    return file;
  }

  private static Embeddings open(Path file) throws Exception {
    return Embeddings.of(ModelFiles.open(file), RunOptions.DEFAULT.withThreads(1));
  }

  private static double length(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    return Math.sqrt(squares);
  }

  @Test
  void theManifestSaysHowVectorsAreMade() throws Exception {
    Path file = pack("one.embed.kolm", "--pooling", "last", "--truncate", "32,16");
    try (ModelFiles files = ModelFiles.open(file)) {
      Manifest manifest = files.artifact().map(Artifact::manifest).orElseThrow();
      assertEquals(List.of(Capability.EMBEDDINGS), manifest.capabilities());
      assertEquals(Manifest.Task.Kind.EMBEDDING, manifest.task().kind());
      assertEquals(BaseModel.Kind.DECODER, manifest.model().orElseThrow().kind());
      EmbeddingOutput output = manifest.embedding().orElseThrow();
      assertEquals(80, output.dimensions());
      assertEquals(EmbeddingOutput.Pooling.LAST, output.pooling());
      assertEquals(List.of(32, 16), output.truncate());
      assertEquals(2048, output.maxTokens().orElseThrow());
      assertTrue(Embeddings.canEmbed(files));
    }
    String message =
        String.valueOf(
            assertThrows(ModelFormatException.class, () -> ChatCompletions.open(file))
                .getMessage());
    assertTrue(message.contains("makes vectors and cannot chat"), message);
  }

  private static float[] vector(Embeddings embeddings, int... ids) {
    List<EmbeddingInput> input = List.of(new EmbeddingInput.Tokens(ids));
    return embeddings.embed(input, OptionalInt.empty()).vectors().getFirst();
  }

  /** A token sees those in front of it only; of one token all poolings are the same. */
  @Test
  void poolingIsThatOfTheManifest() throws Exception {
    List<float[]> firsts = new ArrayList<>();
    for (String how : List.of("mean", "cls", "last")) {
      try (Embeddings embeddings = open(pack(how + ".kolm", "--pooling", how))) {
        float[] text = embeddings.embed(TEXT);
        assertEquals(80, text.length);
        assertEquals(1, length(text), 1e-6);
        float[] first = vector(embeddings, 70);
        assertEquals(how.equals("cls"), Arrays.equals(first, vector(embeddings, 70, 71)), how);
        firsts.add(first);
      }
    }
    assertArrayEquals(firsts.get(0), firsts.get(1));
    assertArrayEquals(firsts.get(0), firsts.get(2));
  }

  @Test
  void aVectorDoesNotDependOnWhatIsAskedWithIt() throws Exception {
    List<EmbeddingInput> inputs = new ArrayList<>();
    for (int i = 0; i < 70; i++) {
      inputs.add(new EmbeddingInput.Text(TEXT.repeat(1 + i % 40)));
    }
    inputs.add(new EmbeddingInput.Text("word ".repeat(350))); // longer than a step
    try (Embeddings embeddings = open(pack("one.kolm", "--pooling", "mean"))) {
      EmbeddingResponse together = embeddings.embed(inputs, OptionalInt.empty());
      for (int i : new int[] {0, 1, 2, 39, 41, 70}) {
        EmbeddingResponse alone = embeddings.embed(inputs.subList(i, i + 1), OptionalInt.empty());
        assertArrayEquals(together.vectors().get(i), alone.vectors().getFirst(), "input " + i);
      }
      assertEquals("D1", embeddings.determinism());
    }
  }

  @Test
  void vectorsAreCutToTheSizesOfTheManifest() throws Exception {
    List<EmbeddingInput> one = List.of(new EmbeddingInput.Text(TEXT));
    try (Embeddings embeddings = open(pack("one.kolm", "--pooling", "last", "--truncate", "32"))) {
      float[] whole = embeddings.embed(TEXT);
      float[] cut = embeddings.embed(one, OptionalInt.of(32)).vectors().getFirst();
      assertEquals(32, cut.length);
      assertEquals(1, length(cut), 1e-6);
      double factor = length(Arrays.copyOf(whole, 32));
      for (int i = 0; i < cut.length; i++) {
        assertEquals(whole[i], cut[i] * factor, 1e-6);
      }
      InvalidRequestException refused =
          assertThrows(
              InvalidRequestException.class, () -> embeddings.embed(one, OptionalInt.of(40)));
      assertTrue(String.valueOf(refused.getMessage()).contains("or of [32]"), refused.getMessage());
    }
  }

  @Test
  void whatHasNoVectorIsRefused() throws Exception {
    try (Embeddings embeddings = open(pack("one.kolm", "--pooling", "mean"))) {
      for (String text : List.of("", "word ".repeat(3000))) {
        assertThrows(InvalidRequestException.class, () -> embeddings.embed(text));
      }
      EmbeddingInput unknown = new EmbeddingInput.Tokens(new int[] {503});
      assertThrows(
          InvalidRequestException.class,
          () -> embeddings.embed(List.of(unknown), OptionalInt.empty()));
      EmbeddingInput full = new EmbeddingInput.Tokens(new int[2048]);
      assertEquals(2048, embeddings.embed(List.of(full), OptionalInt.empty()).tokens());
    }
  }

  /** Without a manifest nobody has said how its tokens become one vector. */
  @Test
  void aBareDecoderMakesNoVectors() throws Exception {
    try (ModelFiles files = ModelFiles.open(KolmRun.chatModel())) {
      assertEquals(false, Embeddings.canEmbed(files));
    }
    String message =
        String.valueOf(
            assertThrows(ModelFormatException.class, () -> Embeddings.open(KolmRun.chatModel()))
                .getMessage());
    assertTrue(message.contains("whose manifest says how it makes vectors"), message);
  }

  @Test
  void whatCannotBePackedIsSaid() {
    String model = KolmRun.chatModel().toString();
    for (String[] wrong :
        new String[][] {
          {"--pooling", "max", "--pooling: expected mean, cls or last, got \"max\""},
          {"--truncate", "32", "--truncate: the model chats; --pooling makes it give vectors"}
        }) {
      KolmRun run = KolmRun.of(home, "pack", model, "--license", "MIT", wrong[0], wrong[1]);
      assertEquals(1, run.exitCode(), run.err());
      assertTrue(run.err().contains(wrong[2]), run.err());
    }
    KolmRun large =
        KolmRun.of(
            home, "pack", model, "--license", "MIT", "--pooling", "mean", "--truncate", "16,80");
    assertEquals(1, large.exitCode(), large.err());
    assertTrue(large.err().contains("expected sizes below the 80 of the model"), large.err());
    assertTrue(Files.notExists(home.resolve("kolm/artifacts/chat.kolm")));
  }
}
