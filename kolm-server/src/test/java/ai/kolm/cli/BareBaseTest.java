package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bases that are no artifacts yet: a file, and what Ollama and Hugging Face programs have. */
class BareBaseTest {
  @TempDir private Path home;

  private KolmRun distill(String... more) {
    List<String> arguments = DistillCommandTest.arguments(home, more);
    return KolmRun.of(home, arguments.toArray(String[]::new));
  }

  /** The tiny model, which says in its metadata that it is under the licence of MIT. */
  private Path licensed(String name) throws IOException {
    byte[] gguf = Files.readAllBytes(KolmRun.chatModel());
    byte[] value = "%-29s".formatted("mit").getBytes(UTF_8); // the tensors stay aligned to 32 bytes
    byte[] key = "general.license".getBytes(UTF_8);
    ByteBuffer text = ByteBuffer.allocate(gguf.length + 64).order(ByteOrder.LITTLE_ENDIAN);
    text.put(gguf, 0, 24).putLong(key.length).put(key).putInt(8).putLong(value.length).put(value);
    text.put(gguf, 24, gguf.length - 24);
    text.putLong(16, text.getLong(16) + 1);
    return Files.write(home.resolve(name), text.array());
  }

  @Test
  void aModelFileIsPackedOnceAndIsTheSameBaseAgain() throws Exception {
    Captured.record(home, "notes", false, Captured.labels(30, 1));
    Path file = licensed("Bare Model.gguf");
    Path packed = home.resolve("kolm/artifacts/bare-model.kolm");
    String[] flags = {"--bases", file.toString(), "--allow-small", "--epochs", "1"};
    KolmRun run = distill(flags);
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("packing %s as bare-model".formatted(file)), run.err());
    byte[] student = Files.readAllBytes(home.resolve("notes.kolm"));
    byte[] base = Files.readAllBytes(packed);
    Files.delete(home.resolve("notes.kolm"));
    KolmRun again = distill(flags);
    assertEquals(0, again.exitCode(), again.err());
    assertFalse(again.err().contains("packing"), again.err());
    assertArrayEquals(base, Files.readAllBytes(packed));
    assertEquals(student.length, Files.size(home.resolve("notes.kolm")));
    Files.delete(home.resolve("notes.kolm"));
    byte[] other = Files.readAllBytes(file);
    other[other.length - 1] ^= 1;
    Files.write(file, other);
    KolmRun refused = distill(flags);
    assertEquals(1, refused.exitCode(), refused.err());
    assertTrue(refused.err().contains("bare-model was made of another model"), refused.err());
    assertFalse(Files.exists(home.resolve("notes.kolm")));
  }

  /** Named by its source, the base is packed, trained, served from the student, and found again. */
  private void trainsFrom(String source, String name) throws Exception {
    Captured.record(home, "notes", false, Captured.labels(30, 1));
    String[] flags = {"--bases", source, "--allow-small", "--epochs", "1"};
    KolmRun run = distill(flags);
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("packing %s as %s".formatted(source, name)), run.err());
    Path base = home.resolve("kolm/artifacts/%s.kolm".formatted(name));
    try (Artifact artifact = Artifact.open(base, ArtifactLimits.DEFAULT)) {
      assertEquals("MIT", artifact.manifest().license().id());
    }
    Path student = home.resolve("notes.kolm");
    KolmRun answer =
        KolmRun.of(home, "run", student.toString(), "there once apple happy", "--threads", "1");
    assertEquals(0, answer.exitCode(), answer.err());
    Files.delete(student);
    KolmRun again = distill(flags);
    assertEquals(0, again.exitCode(), again.err());
    assertFalse(again.err().contains("packing"), again.err());
  }

  @Test
  void whatOllamaHasIsABase() throws Exception {
    byte[] gguf = Files.readAllBytes(licensed("x.gguf"));
    String digest = HexFormat.of().formatHex(Sha256.start().digest(gguf));
    Path store = home.resolve(".ollama/models");
    Path blob = store.resolve("blobs/sha256-" + digest);
    Path manifest = store.resolve("manifests/registry.ollama.ai/library/tiny/1m");
    Files.createDirectories(blob.getParent());
    Files.createDirectories(manifest.getParent());
    Files.write(blob, gguf);
    Files.writeString(
        manifest,
        "{\"schemaVersion\":2,\"layers\":[{\"mediaType\":\"application/vnd.ollama.image.model\",\"digest\":\"sha256:%s\",\"size\":%d}]}"
            .formatted(digest, gguf.length));
    trainsFrom("ollama:tiny:1m", "tiny-1m");
  }

  @Test
  void whatTheCacheOfHuggingFaceHasIsABase() throws Exception {
    Path repository = home.resolve(".cache/huggingface/hub/models--Org--Tiny");
    Path snapshot = Files.createDirectories(repository.resolve("snapshots/abc123"));
    Files.writeString(
        Files.createDirectories(repository.resolve("refs")).resolve("main"), "abc123");
    Files.move(licensed("x.gguf"), snapshot.resolve("tiny-f32.gguf"));
    trainsFrom("hf:Org/Tiny", "tiny-f32");
  }
}
