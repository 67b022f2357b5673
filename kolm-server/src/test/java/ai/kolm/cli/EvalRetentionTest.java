package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.eval.Answer;
import ai.kolm.eval.AnswerRetention;
import ai.kolm.eval.BaselineCache;
import ai.kolm.eval.EvalCase;
import ai.kolm.eval.EvalCases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers of a baseline to captured cases do not outlive what was captured. */
class EvalRetentionTest {
  private static final long DAY = 86_400_000L;
  private static final String CASES =
      """
      {"id":"old","messages":[{"role":"user","content":"a"}],"expected":{"text":"x"},"source":"capture"}
      {"id":"new","messages":[{"role":"user","content":"b"}],"expected":{"text":"x"},"source":"capture"}
      {"id":"own","messages":[{"role":"user","content":"c"}],"expected":{"text":"x"},"source":"human"}
      """;

  @TempDir private Path home;

  @BeforeEach
  void answersAreKept() throws Exception {
    Captured.record(home, "notes", false, Captured.labels(3, 1));
    Path directory = home.resolve("kolm/evals/baseline");
    BaselineCache cache =
        BaselineCache.open(directory, "cloud:m", new AnswerRetention("notes", 30));
    long now = System.currentTimeMillis();
    for (EvalCase one : EvalCases.read(CASES.getBytes(UTF_8)).cases()) {
      boolean old = !one.id().equals("new");
      Answer answer = answer("what was said to " + one.id());
      cache.keep(one, answer, old ? now - 31 * DAY : now);
    }
    assertEquals(List.of("old", "new", "own"), kept());
  }

  private static Answer answer(String content) {
    return new Answer(content, List.of(), "stop", new Answer.Usage(1, 0, 1), 1, "", "");
  }

  /** The cases whose answers are in any file. */
  private List<String> kept() throws IOException {
    List<String> found = new ArrayList<>();
    try (Stream<Path> files = Files.walk(home.resolve("kolm/evals"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = Files.readString(file);
        Stream.of("old", "new", "own")
            .filter(id -> text.contains("what was said to " + id))
            .forEach(found::add);
      }
    }
    return found;
  }

  /** An evaluation that ends for want of an answer. */
  private void evaluate() throws IOException {
    Path cases = Files.writeString(home.resolve("cases.jsonl"), CASES.replace("\"c\"", "\"d\""));
    KolmRun run =
        KolmRun.of(
            home,
            "eval",
            KolmRun.chatModel().toString(),
            "--evals",
            cases.toString(),
            "--baseline",
            "cloud:m",
            "--provider",
            "cloud=http://127.0.0.1:9/v1",
            "--price",
            "1,1",
            "--replay");
    assertEquals(3, run.exitCode(), run.err());
  }

  private void captures(String... arguments) {
    List<String> all = new ArrayList<>(List.of("captures"));
    all.addAll(List.of(arguments));
    KolmRun run = KolmRun.of(home, all.toArray(String[]::new));
    assertEquals(0, run.exitCode(), run.err());
  }

  @Test
  void theNextEvaluationDeletesWhatIsTooOldButNotWhatIsOnHold() throws Exception {
    captures("hold", "notes");
    evaluate();
    assertEquals(List.of("old", "new", "own"), kept());
    captures("hold", "notes", "--release");
    evaluate();
    assertEquals(List.of("new", "own"), kept());
  }

  @Test
  void whoDeletesTheNamespaceDeletesThemToo() throws Exception {
    captures("delete", "--namespace", "notes", "--yes");
    assertEquals(List.of("own"), kept());
    assertTrue(Files.notExists(home.resolve("kolm/captures/notes")));
  }
}
