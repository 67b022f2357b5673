package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.cli.console.Console;
import ai.kolm.reference.ReferenceData;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kolm distill} on a tiny model: what it makes, how it goes on, what it refuses. */
class DistillCommandTest {
  private static final Map<String, String> SAME_TIME = Map.of("SOURCE_DATE_EPOCH", "1700000000");

  @TempDir private Path home;

  private List<String> arguments(String... more) {
    return arguments(home, more);
  }

  /** Those that train a tiny model of namespace notes, on one thread, in seconds. */
  static List<String> arguments(Path home, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "distill",
                "--namespace",
                "notes",
                "--out",
                home.resolve("notes.kolm").toString(),
                "--rate",
                "1e-2",
                "--tokens-per-step",
                "400",
                "--max-length",
                "128",
                "--threads",
                "1"));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private KolmRun distill(String... more) {
    return KolmRun.of(home, SAME_TIME, "", arguments(more).toArray(String[]::new));
  }

  private void refused(int exitCode, String words, KolmRun run) {
    assertEquals(exitCode, run.exitCode(), run.err());
    String last = run.err().lines().toList().getLast();
    assertTrue(last.startsWith("kolm: ") && last.contains(words), run.err());
    assertFalse(Files.exists(home.resolve("notes.kolm")), "there is an artifact");
  }

  @Test
  void whatWasInterruptedGoesOnToTheSameArtifact() throws Exception {
    Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", false, Captured.labels(80, 1));
    String[] flags = {"--bases", "tiny", "--allow-small", "--epochs", "2"};
    refused(5, "no run of namespace", distill("--bases", "tiny", "--allow-small", "--resume"));
    assertEquals(0, distill(flags).exitCode());
    byte[] whole = Files.readAllBytes(home.resolve("notes.kolm"));
    deleteAll(home.resolve("kolm/runs"));
    Files.delete(home.resolve("notes.kolm"));

    for (int i = 0; i < 3; i++) {
      assertEquals(4, interrupted(3, flags));
      assertFalse(Files.exists(home.resolve("notes.kolm")));
    }
    KolmRun resumed = distill("--bases", "tiny", "--allow-small", "--epochs", "2", "--resume");
    assertEquals(0, resumed.exitCode(), resumed.err());
    assertTrue(resumed.err().contains("goes on"), resumed.err());
    assertEquals(-1, Arrays.mismatch(whole, Files.readAllBytes(home.resolve("notes.kolm"))));
  }

  @Test
  void withoutItsBaseAnArtifactIsSmallAndFindsIt() throws Exception {
    Path base = Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", false, Captured.labels(40, 1));
    String[] flags = {"--bases", "tiny", "--allow-small", "--epochs", "1"};
    assertEquals(0, distill(flags).exitCode());
    Path whole = Files.move(home.resolve("notes.kolm"), home.resolve("whole.kolm"));
    List<String> more = new ArrayList<>(List.of(flags));
    more.add("--delta");
    KolmRun run = distill(more.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
    Path delta = home.resolve("notes.kolm");
    assertTrue(Files.size(delta) < Files.size(whole) - Files.size(base) / 2);
    String[] ask = {"run", "", "there once apple happy", "--threads", "1"};
    ask[1] = whole.toString();
    String expected = KolmRun.of(home, ask).out();
    ask[1] = delta.toString();
    assertEquals(expected, KolmRun.of(home, ask).out());
    Files.delete(base);
    refusedToRun(ask);
  }

  @Test
  void anAdapterIsAddedToTheWeightsIfNothingIsLost() throws Exception {
    Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", false, Captured.labels(80, 1));
    String[] flags = {"--bases", "tiny", "--allow-small", "--epochs", "8", "--merge"};
    KolmRun run = distill(flags);
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("merged  dev "), run.err());
    boolean taken = run.err().contains(": taken");
    Path artifact = home.resolve("notes.kolm");
    try (Artifact opened = Artifact.open(artifact, ArtifactLimits.DEFAULT)) {
      assertEquals(taken, opened.manifest().adapters().isEmpty());
      assertEquals(1, opened.manifest().model().orElseThrow().weights().size());
    }
    assertTrue(KolmRun.of(home, "verify", artifact.toString()).out().contains("TRUSTED"));
    KolmRun asked = KolmRun.of(home, "run", artifact.toString(), "there once apple happy");
    assertEquals("fruit", asked.out().strip());
    Files.delete(artifact);
    refused(1, "exclude each other", distill("--bases", "tiny", "--merge", "--delta"));
  }

  private void refusedToRun(String... arguments) {
    KolmRun run = KolmRun.of(home, arguments);
    assertTrue(run.exitCode() != 0 && run.err().contains("base model is not here"), run.err());
  }

  @Test
  void aRunIsNotResumedWithOtherCapturesOrSettings() throws Exception {
    Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", false, Captured.labels(60, 1));
    assertEquals(4, interrupted(2, "--bases", "tiny", "--allow-small"));
    refused(
        1,
        "other bases or settings",
        distill("--bases", "tiny", "--allow-small", "--resume", "--epochs", "1"));
    Captured.record(home, "notes", false, Captured.labels(10, 2));
    refused(1, "other captures", distill("--bases", "tiny", "--allow-small", "--resume"));
  }

  /** Ends at a step as a signal would: nothing of the command goes on. */
  private int interrupted(int step, String... flags) {
    int[] left = {step};
    PrintStream err =
        new PrintStream(new ByteArrayOutputStream(), false, UTF_8) {
          @Override
          public void print(String text) {
            if (text.startsWith("\rstep") && --left[0] == 0) {
              throw new IllegalStateException("interrupted");
            }
          }
        };
    Console console =
        new Console(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(new ByteArrayOutputStream(), false, UTF_8),
            err,
            new Console.Terminals(false, false, true),
            false);
    List<String> arguments = arguments(flags);
    Map<String, String> environment =
        Map.of(
            "HOME", home.toString(),
            "KOLM_HOME", home.resolve("kolm").toString(),
            "SOURCE_DATE_EPOCH", "1700000000");
    return new KolmCommand(new CommandContext(console, environment, Restart.of(arguments)))
        .run(arguments);
  }

  private static void deleteAll(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.toList().reversed()) {
        Files.delete(file);
      }
    }
  }

  @Test
  void theSmallestBaseThatAgreesIsTaken() throws Exception {
    Captured.base(home, "tiny", "MIT");
    KolmRun packed =
        KolmRun.of(
            home,
            "pack",
            KolmRun.chatModel().toString(),
            "--license",
            "MIT",
            "--quantize",
            "q8_0",
            "--out",
            home.resolve("kolm/artifacts/tinier.kolm").toString());
    assertEquals(0, packed.exitCode(), packed.err());
    Captured.record(home, "notes", false, Captured.labels(120, 1));
    KolmRun run =
        distill("--bases", "tiny,absent,tinier", "--allow-small", "--epochs", "2", "--target", "1");
    assertEquals(0, run.exitCode(), run.err());
    assertTrue(run.err().contains("not here and left out: absent (kolm pull absent)"), run.err());
    List<String> trials =
        run.err().lines().filter(line -> line.contains("best at step")).map(String::strip).toList();
    assertTrue(trials.get(0).startsWith("probe   tinier"), run.err());
    assertTrue(trials.get(1).startsWith("probe   tiny"), run.err());
    assertEquals(3, trials.size(), run.err());
    assertTrue(run.out().contains("below the target: the best there was"), run.out());
    // What is done is not done again.
    KolmRun again =
        distill("--bases", "tiny,tinier", "--allow-small", "--epochs", "2", "--target", "1");
    assertEquals(0, again.exitCode(), again.err());
    assertFalse(again.err().contains("best at step"), again.err());
  }

  @Test
  void aProbeThatIsAllThereIsToTrainIsNotRepeated() throws Exception {
    Captured.base(home, "tiny", "MIT");
    Files.copy(home.resolve("kolm/artifacts/tiny.kolm"), home.resolve("kolm/artifacts/two.kolm"));
    Captured.record(home, "notes", false, Captured.labels(60, 1));
    String[] flags = {"--bases", "tiny,two", "--allow-small", "--epochs", "1", "--target", "0.001"};
    KolmRun run = distill(flags);
    assertEquals(0, run.exitCode(), run.err());
    boolean missed = run.out().contains("below the target");
    assertTrue(run.err().contains("is what the probe was"), run.err());
    long trained = run.err().lines().filter(line -> line.contains("best at step")).count();
    assertEquals(missed ? 2 : 1, trained, run.err());
  }

  @Test
  void textOfAnEncryptedNamespaceIsWrittenNowhere() throws Exception {
    Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", true, Captured.labels(40, 1));
    KolmRun run = distill("--bases", "tiny", "--allow-small", "--epochs", "1");
    assertEquals(0, run.exitCode(), run.err());
    try (Artifact artifact = Artifact.open(home.resolve("notes.kolm"), ArtifactLimits.DEFAULT)) {
      assertTrue(artifact.manifest().evals().isEmpty());
    }
    try (Stream<Path> files = Files.walk(home)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file, ISO_8859_1);
        assertFalse(text.contains("little happy") || text.contains("there once"), file.toString());
      }
    }
  }

  @Test
  void withoutCapturesThereIsNothingToLearn() throws Exception {
    refused(5, "there are none yet; kolm capture", distill("--bases", "tiny"));
    Captured.record(home, "note", false, Captured.labels(3, 1));
    refused(5, "did you mean \"note\"?", distill("--bases", "tiny"));
    Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", false, Captured.labels(3, 1), 500);
    refused(5, "none of the 3 captures", distill("--bases", "tiny"));
    Captured.record(home, "notes", false, Captured.labels(30, 1));
    refused(3, "expected 200 and 60; --allow-small", distill("--bases", "tiny"));
  }

  @Test
  void aBaseHasToBeHereTrainableAndFree() throws Exception {
    Captured.record(home, "notes", false, Captured.labels(30, 1));
    refused(3, "kolm pull smollm2-135m-instruct", distill());
    refused(3, "kolm pull hf:Qwen/Qwen2.5-3B-Instruct", distill("--bases", "qwen2.5-3b-instruct"));
    String bare = KolmRun.chatModel().toString();
    refused(1, "kolm pull %s --license ID says it".formatted(bare), distill("--bases", bare));
    Captured.base(home, "closed", "CC-BY-NC-4.0");
    refused(3, "--accept-license CC-BY-NC-4.0", distill("--bases", "closed"));
    KolmRun accepted = distill("--bases", "closed", "--accept-license", "CC-BY-NC-4.0");
    refused(3, "too few", accepted);
    unfit("phi3", "architecture \"phi3\" cannot be trained");
    unfit("llama", "no chat template");
  }

  /** A base of which pack sees no more than what it is called. */
  private void unfit(String architecture, String words) throws IOException {
    Path golden =
        ReferenceData.projectRoot().resolve("kolm-runtime/src/test/resources/golden/tiny-models");
    Path source = Files.createDirectories(home.resolve(architecture));
    Files.copy(golden.resolve(architecture + "/config.json"), source.resolve("config.json"));
    Files.copy(golden.resolve("tokenizer.json"), source.resolve("tokenizer.json"));
    byte[] header =
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}".getBytes(UTF_8);
    ByteBuffer weights = ByteBuffer.allocate(8 + header.length + 4).order(ByteOrder.LITTLE_ENDIAN);
    weights.putLong(header.length).put(header);
    Files.write(source.resolve("model.safetensors"), weights.array());
    String artifact = home.resolve("kolm/artifacts/" + architecture + ".kolm").toString();
    KolmRun packed =
        KolmRun.of(home, "pack", source.toString(), "--license", "MIT", "--out", artifact);
    assertEquals(0, packed.exitCode(), packed.err());
    refused(1, words, distill("--bases", architecture));
  }

  @Test
  void whatDoesNotFitIsRefusedBeforeItBegins() throws Exception {
    Captured.base(home, "tiny", "MIT");
    Captured.record(home, "notes", false, Captured.labels(30, 1));
    refused(
        3, "training takes at least", distill("--bases", "tiny", "--allow-small", "--memory", "1"));
    refused(
        3,
        "--max-hours is 1.0E-5",
        distill("--bases", "tiny", "--allow-small", "--max-hours", "0.00001"));
    refused(1, "--target", distill("--target", "2"));
    refused(1, "epochs: 0", distill("--epochs", "0"));
    refused(
        1, "ends with .kolm", KolmRun.of(home, "distill", "--namespace", "x", "--out", "x.gguf"));
    refused(64, "--namespace", KolmRun.of(home, "distill", "--out", "x.kolm"));
  }
}
