package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code bench} says about a tiny model; how fast that is does not matter here. */
class BenchCommandTest {
  private static final String MODEL = KolmRun.chatModel().toString();

  @TempDir private Path home;

  private static JsonObject object(String line) throws JsonException {
    return JsonReader.readObject(line.getBytes(UTF_8), JsonLimits.DEFAULT);
  }

  private static double number(JsonObject json, String name) throws JsonException {
    return json.findNumber(name).orElseThrow();
  }

  private KolmRun bench(String... flags) {
    String[] arguments = new String[flags.length + 3];
    System.arraycopy(flags, 0, arguments, 3, flags.length);
    arguments[0] = "bench";
    arguments[1] = MODEL;
    arguments[2] = "--no-warm-up";
    return KolmRun.of(home, arguments);
  }

  @Test
  void jsonHasResultsMachineAndKernels() throws IOException, JsonException {
    KolmRun run =
        bench(
            "--tests",
            "pp8,tg4",
            "--repetitions",
            "3",
            "--threads",
            "2",
            "--kernels",
            "scalar",
            "--json");
    assertEquals(0, run.exitCode(), run.err());
    JsonObject json = object(run.out());
    List<JsonObject> results = json.objects("results");
    assertEquals(
        List.of("pp8", "tg4"),
        List.of(results.get(0).string("test"), results.get(1).string("test")));
    for (JsonObject result : results) {
      double median = number(result, "tokens_per_second");
      assertTrue(number(result, "min") <= median && median <= number(result, "max"), run.out());
      assertEquals(3, number(result, "repetitions"));
    }
    JsonObject machine = json.object("machine");
    double read = number(machine, "read_gigabytes_per_second");
    double expected =
        number(results.get(1), "tokens_per_second") * number(json, "weight_bytes_per_token") / 1e9;
    assertEquals(expected, number(results.get(1), "gigabytes_per_second"), expected * 1e-9);
    assertEquals(100 * expected / read, number(results.get(1), "percent_of_read"), 1e-6);
    assertTrue(results.get(0).find("gigabytes_per_second").isEmpty(), "of decoding only");
    assertTrue(number(json, "weight_bytes_per_token") < Files.size(KolmRun.chatModel()));
    assertEquals("scalar", json.object("kernels").string("name"));
    assertEquals("asked for", json.object("kernels").string("reason"));
    assertEquals(2, number(json, "threads"));
    assertTrue(machine.string("java").startsWith("25"), run.out());
  }

  @Test
  void theTableHasARowForEachTest() {
    KolmRun run = bench("--tests", "tg2,pp4", "--repetitions", "1", "--kernels", "scalar");
    assertEquals(0, run.exitCode(), run.err());
    List<String> lines = run.out().lines().toList();
    assertTrue(
        lines.stream().anyMatch(line -> line.equals("kernels  scalar (asked for)")), run.out());
    assertTrue(lines.get(lines.size() - 2).matches("tg2 +\\d+\\.\\d +.* %"), run.out());
    assertTrue(lines.getLast().matches("pp4 +\\d+\\.\\d +\\d+\\.\\d-\\d+\\.\\d"), run.out());
  }

  @Test
  void roundsOnDemandAreAnsweredLineByLine() throws JsonException {
    String input = "\"pp8\"\n\"read\"\n\"pp9\"\n\"fast\"\n\"tg2\"\n";
    KolmRun run =
        KolmRun.of(
            home,
            Map.of(),
            input,
            "bench",
            MODEL,
            "--on-demand",
            "--tests",
            "pp8",
            "--kernels",
            "scalar");
    assertEquals(1, run.exitCode(), "two lines are refused");
    List<String> lines = run.out().lines().toList();
    assertEquals(6, lines.size(), run.out());
    JsonObject ready = object(lines.get(0));
    assertEquals("chat.gguf", ready.string("model"));
    assertEquals("scalar", ready.object("kernels").string("name"));
    JsonObject round = object(lines.get(1));
    assertEquals("pp8", round.string("test"));
    assertEquals(8 / number(round, "seconds"), number(round, "tokens_per_second"), 1e-3);
    assertTrue(number(object(lines.get(2)), "read_gigabytes_per_second") > 0);
    assertTrue(object(lines.get(3)).string("error").contains("the context has 8 tokens"));
    assertTrue(object(lines.get(4)).string("error").contains("\"fast\""));
    assertEquals("tg2", object(lines.get(5)).string("test"));
  }

  @Test
  void valuesAreRefused() {
    for (String[] flags :
        new String[][] {
          {"--tests", "pp"}, {"--repetitions", "0"}, {"--ctx", "4"}, {"--tests", "pp1000000"}
        }) {
      KolmRun run = bench(flags);
      assertEquals(1, run.exitCode(), String.join(" ", flags) + run.err());
      assertEquals(1, run.err().lines().count(), run.err());
      assertEquals("", run.out());
    }
  }
}
