package ai.kolm.eval;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.json.JsonText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;

/**
 * The files of reports, each report in a directory of its own: numbers in {@code report.json}, what
 * was said in {@code cases.jsonl} and {@code report.html}. Where cases were captured, what was said
 * is kept no longer than the captures; numbers stay.
 */
public final class ReportFiles {
  private static final String CAPTURED = "captured.json";
  private static final List<String> TEXTS = List.of("cases.jsonl", "report.html");

  private ReportFiles() {}

  /**
   * Writes a report.
   *
   * @param directory of this report, made where it is missing
   * @param evaluation what to report
   * @param about what the numbers say of themselves
   * @param title of the page
   * @param retention of what was said to captured cases
   * @param now in milliseconds since 1970
   */
  public static void write(
      Path directory,
      Evaluation evaluation,
      Map<String, Json> about,
      String title,
      AnswerRetention retention,
      long now)
      throws IOException {
    Files.createDirectories(directory);
    if (evaluation.cases().cases().stream()
        .anyMatch(one -> one.source().equals(EvalCase.CAPTURE))) {
      // Written first: no text without a word on how long it may stay.
      Json.Obj captured =
          new Json.Obj(
              Map.of(
                  "ns", new Json.Str(retention.namespace()),
                  "until", new Json.Int(retention.until(now))));
      Files.writeString(directory.resolve(CAPTURED), JsonText.of(captured) + "\n");
    }
    Json.Obj numbers = EvalReport.json(evaluation, about);
    Files.writeString(directory.resolve("report.json"), JsonText.of(numbers) + "\n");
    Files.writeString(directory.resolve("report.html"), HtmlReport.of(evaluation, title));
    Files.write(
        directory.resolve("cases.jsonl"),
        EvalReport.answers(evaluation).stream().map(JsonText::of).toList());
  }

  /**
   * Deletes what was said to captured cases from reports.
   *
   * @param reports where the directories of reports are
   * @param goes told the namespace that the cases are of, and until when they are to be kept
   * @return of how many reports
   */
  public static int forget(Path reports, BiPredicate<String, Long> goes) throws IOException {
    int forgotten = 0;
    for (Path report : Subdirectories.of(reports)) {
      Optional<JsonObject> captured = captured(report.resolve(CAPTURED));
      if (captured.isEmpty() || !goes(captured.get(), goes)) {
        continue;
      }
      for (String text : TEXTS) {
        Files.deleteIfExists(report.resolve(text));
      }
      Files.delete(report.resolve(CAPTURED));
      forgotten++;
    }
    return forgotten;
  }

  private static Optional<JsonObject> captured(Path file) throws IOException {
    try {
      return Optional.of(JsonReader.readObject(Files.readAllBytes(file), JsonLimits.DEFAULT));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (JsonException e) {
      throw new IOException(file + ": " + e.getMessage(), e);
    }
  }

  private static boolean goes(JsonObject captured, BiPredicate<String, Long> goes)
      throws IOException {
    try {
      return goes.test(captured.string("ns"), captured.integer("until"));
    } catch (JsonException e) {
      throw new IOException(CAPTURED + ": " + e.getMessage(), e);
    }
  }
}
