package ai.kolm.eval;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was said to captured cases does not stay in reports for longer than the captures. */
class ReportFilesTest {
  private static final long DAY = 86_400_000L;
  private static final String SAID = "the patient is well";

  @TempDir private Path reports;

  private void report(String name, String source, AnswerRetention retention) throws Exception {
    String line =
        "{\"id\":\"a\",\"messages\":[{}],\"expected\":{\"text\":\"x\"},\"source\":\"%s\"}"
            .formatted(source);
    EvalCases cases = EvalCases.read(line.getBytes(UTF_8));
    Side side = new Side("local", List.of(answer(SAID)), new double[] {0}, 0.03);
    Side baseline = new Side("mock:m", List.of(answer("x")), new double[] {1}, 0.11);
    Evaluation evaluation =
        Evaluation.of(
            cases,
            TaskType.of(cases.cases()),
            side,
            Optional.of(baseline),
            new Evaluation.Given(1e6, 0, 0, 0, 0, Optional.of(0), Traffic.UNKNOWN, Gate.DEFAULT));
    ReportFiles.write(reports.resolve(name), evaluation, Map.of(), name, retention, 0);
  }

  private static Answer answer(String content) {
    return new Answer(content, List.of(), "stop", Answer.Usage.NONE, 1, "", "");
  }

  private List<String> files(String name) throws IOException {
    try (Stream<Path> files = Files.list(reports.resolve(name))) {
      return files.map(file -> String.valueOf(file.getFileName())).sorted().toList();
    }
  }

  @Test
  void whatWasSaidGoesAndNumbersStay() throws Exception {
    report("a", "capture", new AnswerRetention("notes", 30));
    report("b", "capture", new AnswerRetention("other", 0));
    report("c", "human", new AnswerRetention("notes", 30));
    Files.createDirectory(reports.resolve("baseline"));
    List<String> whole = List.of("captured.json", "cases.jsonl", "report.html", "report.json");
    assertEquals(whole, files("a"));
    assertEquals(List.of("cases.jsonl", "report.html", "report.json"), files("c"));
    for (String name : List.of("cases.jsonl", "report.html")) {
      assertTrue(Files.readString(reports.resolve("a").resolve(name)).contains(SAID), name);
    }

    assertEquals(0, ReportFiles.forget(reports, (_, until) -> until > 0 && until < 30 * DAY));
    assertEquals(1, ReportFiles.forget(reports, (_, until) -> until > 0 && until <= 30 * DAY));
    assertEquals(List.of("report.json"), files("a"));
    assertFalse(Files.readString(reports.resolve("a/report.json")).contains(SAID));
    assertEquals(whole, files("b"));

    assertEquals(0, ReportFiles.forget(reports, (namespace, _) -> namespace.equals("notes")));
    assertEquals(1, ReportFiles.forget(reports, (namespace, _) -> namespace.equals("other")));
    assertEquals(List.of("report.json"), files("b"));
    assertEquals(List.of("cases.jsonl", "report.html", "report.json"), files("c"));
  }

  @Test
  void whereNoReportIsNothingGoes() throws Exception {
    assertEquals(0, ReportFiles.forget(reports.resolve("none"), (_, _) -> true));
  }

  @Test
  void aDamagedWordOnCapturesIsSaid() throws Exception {
    report("a", "capture", new AnswerRetention("notes", 30));
    Path file = reports.resolve("a/captured.json");
    Files.writeString(file, "{\"until\":1}");
    IOException e =
        assertThrows(IOException.class, () -> ReportFiles.forget(reports, (_, _) -> true));
    assertTrue(String.valueOf(e.getMessage()).contains("captured.json"), e.getMessage());
  }
}
