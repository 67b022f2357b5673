package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.DraftModel;
import ai.kolm.artifact.Manifest;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What {@code kolm pack} puts into an artifact beside the model. */
class PackEnclosuresTest {
  private static final String MODEL = KolmRun.chatModel().toString();
  private static final String CASES =
      """
      {"id":"a","messages":[{"role":"user","content":"x"}],"expected":{"text":"y"}}
      {"id":"b","messages":[{"role":"user","content":"x"}],"expected":{"text":"y"}}
      """;

  @TempDir private Path home;

  private Path out;
  private Path cases;

  @BeforeEach
  void files() throws IOException {
    out = home.resolve("tiny.kolm");
    cases = Files.writeString(home.resolve("cases.jsonl"), CASES);
  }

  private KolmRun pack(Path to, String... flags) {
    List<String> command = new ArrayList<>(List.of("pack", MODEL, "--out", to.toString()));
    command.addAll(List.of(flags));
    return KolmRun.of(home, command.toArray(String[]::new));
  }

  private static void ok(KolmRun run) {
    assertEquals(0, run.exitCode(), run.err());
  }

  private static Artifact open(Path file) throws Exception {
    return Artifact.open(file, ArtifactLimits.DEFAULT);
  }

  @Test
  void whatItIsForAndTheCasesAreSaid() throws Exception {
    ok(
        pack(
            out,
            "--license=MIT",
            "--task=tool-use",
            "--namespace=desk",
            "--description=Answers letters",
            "--language=en,de",
            "--tag=small",
            "--model-version=1.2",
            "--evals=" + cases));
    try (Artifact artifact = open(out)) {
      Manifest manifest = artifact.manifest();
      assertEquals(
          new Manifest.Task(
              Manifest.Task.Kind.TOOL_USE,
              Optional.of("desk"),
              Optional.of("Answers letters"),
              List.of("en", "de"),
              List.of("small")),
          manifest.task());
      assertEquals(Optional.of("1.2"), manifest.version());
      assertEquals(
          Optional.of(new Manifest.Evals("evals.jsonl", 2, Optional.empty())), manifest.evals());
      assertArrayEquals(
          CASES.getBytes(UTF_8), artifact.entry("evals.jsonl").toArray(ValueLayout.JAVA_BYTE));
    }
    String shown = KolmRun.of(home, "inspect", out.toString()).out();
    assertTrue(shown.contains("task      tool_use  desk  en  de  #small  Answers letters"), shown);
    assertTrue(shown.contains("evals     2 in evals.jsonl"), shown);
    ok(KolmRun.of(home, "verify", out.toString()));
  }

  @Test
  void theTextOfALicenceIsPackedAndSaysWhichItIs() throws Exception {
    String text = "Permission is hereby granted, free of charge, to any person";
    Path file = Files.writeString(home.resolve("LICENSE"), text);
    ok(pack(out, "--license-file", file.toString()));
    try (Artifact artifact = open(out)) {
      assertEquals("MIT", artifact.manifest().license().id());
      assertArrayEquals(
          Files.readAllBytes(file),
          artifact
              .entry(artifact.manifest().license().entry().orElseThrow())
              .toArray(ValueLayout.JAVA_BYTE));
    }
  }

  @Test
  void aDraftIsPackedOrNamedByItsCid() throws Exception {
    ok(pack(out, "--license=MIT", "--draft", MODEL));
    Path second = home.resolve("second.kolm");
    ok(pack(second, "--license=MIT", "--draft", out.toString()));
    try (Artifact whole = open(out);
        Artifact naming = open(second)) {
      DraftModel inside = whole.manifest().draft().orElseThrow();
      assertEquals(List.of("draft/weights.gguf"), inside.weights());
      assertArrayEquals(
          Files.readAllBytes(KolmRun.chatModel()),
          whole.entry("draft/weights.gguf").toArray(ValueLayout.JAVA_BYTE));
      DraftModel named = naming.manifest().draft().orElseThrow();
      assertEquals(whole.cid(), named.ref().orElseThrow().cid());
      assertEquals(inside.vocabDigest(), named.vocabDigest());
    }
    ok(KolmRun.of(home, "verify", out.toString()));
    ok(KolmRun.of(home, "run", out.toString(), "hi", "--max-tokens", "2"));
  }

  @Test
  void anUntrustedDraftIsRefused() throws Exception {
    Path other = home.resolve("other");
    ok(KolmRun.of(other, "pack", MODEL, "--license=MIT", "--out", out.toString()));
    KolmRun refused = pack(home.resolve("second.kolm"), "--license=MIT", "--draft=" + out);
    assertEquals(2, refused.exitCode());
    assertTrue(refused.err().contains("signer_unknown"), refused.err());
  }

  /** Of the same architecture, with other tokens. */
  @Test
  void aDraftWithAnotherVocabularyIsRefused() {
    Path stranger = KolmRun.chatModel().resolveSibling("../quantised/llama-q8_0.gguf");
    KolmRun refused = pack(out, "--license=MIT", "--draft=" + stranger);
    assertEquals(1, refused.exitCode());
    assertTrue(refused.err().contains("draft_vocab"), refused.err());
    assertFalse(Files.exists(out));
  }

  @ParameterizedTest
  @CsvSource({
    "--task=dance,1,'expected one of chat, classification'",
    "--language=english,1,languages",
    "--tag=a tag,1,tags",
    "--evals=none,5,--evals",
    "--evals=HERE/tiny.gguf,1,line 1",
    "--license-file=none,5,--license-file",
    "--draft=none,5,none"
  })
  void whatIsNotAsItMustBeIsRefused(String flag, int exitCode, String said) throws IOException {
    Files.copy(KolmRun.chatModel(), home.resolve("tiny.gguf"));
    KolmRun refused = pack(out, "--license=MIT", flag.replace("HERE", home.toString()));
    assertEquals(exitCode, refused.exitCode(), refused.err());
    assertTrue(refused.err().contains(said), refused.err());
    assertFalse(Files.exists(out));
  }
}
