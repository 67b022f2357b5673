package ai.kolm.cli.pull;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.settings.KolmHome;
import ai.kolm.cli.settings.Settings;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stores of other programs, as the test makes them. */
class ModelSourcesTest {
  @TempDir private Path home;

  private FoundModel find(String source) throws IOException {
    return find(source, Map.of());
  }

  private FoundModel find(String source, Map<String, String> environment) throws IOException {
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            new PrintStream(new ByteArrayOutputStream(), true, UTF_8),
            new Console.Terminals(false, false, false),
            false);
    KolmHome kolm = new KolmHome(home, home.resolve(".kolm"));
    try (TemporaryFolder folder = TemporaryFolder.in(kolm.temporary())) {
      return new ModelSources(console, kolm, Settings.load(kolm, environment)).find(source, folder);
    }
  }

  private void assertFails(int exitCode, String words, String source) {
    CommandException e = assertThrows(CommandException.class, () -> find(source));
    assertEquals(exitCode, e.exitCode().number(), e.getMessage());
    assertTrue(String.valueOf(e.getMessage()).contains(words), e.getMessage());
  }

  private Path write(String path, String text) throws IOException {
    Path file = home.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  /** Puts a blob into Ollama's store and returns its digest. */
  private String blob(String text) throws IOException {
    Path file = write("blob", text);
    String digest = Sha256.of(file, _ -> {});
    write(".ollama/models/blobs/sha256-" + digest, text);
    return digest;
  }

  private static String layer(String kind, String digest) {
    return "{\"mediaType\":\"application/vnd.ollama.image.%s\",\"digest\":\"sha256:%s\",\"size\":1}"
        .formatted(kind, digest);
  }

  private void manifest(String path, String... layers) throws IOException {
    write(
        ".ollama/models/manifests/registry.ollama.ai/" + path,
        "{\"schemaVersion\":2,\"layers\":[%s]}".formatted(String.join(",", layers)));
  }

  @Test
  void findsWhatOllamaHas() throws IOException {
    String weights = blob("GGUF weights");
    String terms = blob("  Apache License\n  Version 2.0, January 2004\n");
    manifest("library/qwen2.5/0.5b", layer("model", weights), layer("license", terms));
    FoundModel model = find("ollama:qwen2.5:0.5b");
    assertEquals("qwen2.5-0.5b", model.name());
    assertEquals("GGUF weights", Files.readString(model.path()));
    assertEquals("Apache-2.0", model.licence().orElseThrow().id());
    assertTrue(model.licence().orElseThrow().text().isPresent());
    assertEquals(Optional.of(weights), model.sha256());
  }

  @Test
  void theLatestIsMeantWithoutATag() throws IOException {
    manifest("someone/model/latest", layer("model", blob("x")));
    FoundModel model = find("ollama:someone/model");
    assertEquals("model", model.name());
    assertTrue(model.licence().isEmpty());
  }

  @Test
  void whatOllamaDoesNotHaveOrHasDamagedIsRefused() throws IOException {
    assertFails(5, "there are none", "ollama:qwen2.5");
    String digest = blob("weights");
    manifest("library/qwen2.5/0.5b", layer("model", digest));
    assertFails(5, "did you mean \"qwen2.5:0.5b\"?", "ollama:qwen2.5");
    write(".ollama/models/blobs/sha256-" + digest, "wEights");
    assertFails(1, "is damaged: expected SHA-256 " + digest, "ollama:qwen2.5:0.5b");
    manifest("library/lora/latest", layer("model", digest), layer("adapter", digest));
    assertFails(1, "layer of kind adapter", "ollama:lora");
    manifest("library/bad/latest", layer("model", "../../../../etc/passwd"));
    assertFails(1, "expected a digest", "ollama:bad");
    assertFails(1, "expected ollama:NAME", "ollama:../../x");
    write(".ollama/models/manifests/registry.ollama.ai/library/text/latest", "not json");
    assertFails(1, "manifest", "ollama:text");
  }

  @Test
  void findsWhatIsInTheHuggingFaceCache() throws IOException {
    String repository = ".cache/huggingface/hub/models--Org--Model-1B/";
    write(repository + "refs/main", "abc123");
    write(repository + "snapshots/abc123/config.json", "{}");
    write(
        repository + "snapshots/abc123/README.md",
        "---\ntags:\n- license: nested\nlicense: apache-2.0 # checked\n---\nlicense: mit\n");
    FoundModel model = find("hf:Org/Model-1B");
    assertEquals("model-1b", model.name());
    assertTrue(model.path().endsWith("snapshots/abc123"));
    assertEquals("Apache-2.0", model.licence().orElseThrow().id());
    assertEquals(model.path(), find("hf:Org/Model-1B@abc123").path());
    assertFails(5, "revision nope", "hf:Org/Model-1B@nope");
    assertFails(5, "did you mean \"Org/Model-1B\"?", "hf:Org/Model-1C");
    assertFails(1, "expected hf:ORG/NAME", "hf:Org");
    assertFails(1, "expected hf:ORG/NAME", "hf:Org/Model@../../x");
  }

  @Test
  void oneOfSeveralGgufFilesHasToBeNamed() throws IOException {
    String snapshot = ".cache/huggingface/hub/models--Org--G/snapshots/c/";
    write(".cache/huggingface/hub/models--Org--G/refs/main", "c\n");
    write(snapshot + "g-q4.gguf", "GGUF");
    assertEquals("g-q4", find("hf:Org/G").name());
    write(snapshot + "g-q8.gguf", "GGUF");
    assertFails(1, "has 2 GGUF files", "hf:Org/G");
    assertEquals("g-q8", find("hf:Org/G/g-q8.gguf").name());
    assertFails(5, "there is no g-q9.gguf", "hf:Org/G/g-q9.gguf");
  }

  @Test
  void localFilesAndTypingErrors() throws IOException {
    Path file = write("My Model.Q4_K_M.gguf", "GGUF");
    assertEquals("my-model.q4_k_m", find(file.toString()).name());
    assertEquals(file, find("~/My Model.Q4_K_M.gguf").path());
    assertFails(5, "did you mean \"smollm2-135m-instruct\"?", "smollm2-135m-instuct");
    assertFails(1, "has no config.json", home.toString());
    assertFails(1, "is an artifact already", write("x.kolm", "PK").toString());
  }

  @Test
  void offlineNothingIsFetched() {
    CommandException e =
        assertThrows(
            CommandException.class,
            () -> find("smollm2-135m-instruct", Map.of("KOLM_OFFLINE", "1")));
    assertEquals(3, e.exitCode().number());
    assertTrue(String.valueOf(e.getMessage()).contains("environment KOLM_OFFLINE"), e.getMessage());
  }

  @Test
  void licencesAreNamedAsSpdxDoes() {
    assertEquals("MIT", Licence.named("mit").orElseThrow().id());
    assertEquals("LicenseRef-llama3.2", Licence.named("llama3.2").orElseThrow().id());
    assertEquals("LicenseRef-gemma", Licence.named("gemma").orElseThrow().id());
    assertEquals("LicenseRef-Own", Licence.named("LicenseRef-Own").orElseThrow().id());
    assertTrue(Licence.named("other").isEmpty());
    assertTrue(Licence.named(" ").isEmpty());
    assertEquals("LicenseRef-m", Licence.ofText("Be nice.", "m").id());
    assertThrows(IllegalArgumentException.class, () -> new Licence("no spaces", Optional.empty()));
  }
}
