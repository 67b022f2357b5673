package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commands over the tiny chat model, compared with what transformers says about it. */
class ModelCommandsTest {
  private static final String MODEL = KolmRun.chatModel().toString();

  /** The private key of the bytes 0 to 31. */
  private static final String KEY =
      """
      -----BEGIN PRIVATE KEY-----
      MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
      -----END PRIVATE KEY-----
      """;

  @TempDir private Path home;

  private KolmRun run(String input, String... arguments) {
    return KolmRun.of(home, Map.of(), input, arguments);
  }

  private static JsonObject golden(String file) throws IOException, JsonException {
    byte[] bytes = Files.readAllBytes(KolmRun.chatModel().resolveSibling(file));
    return JsonReader.readObject(bytes, JsonLimits.DEFAULT);
  }

  private static List<JsonObject> texts() throws IOException, JsonException {
    return golden("text.json").objects("texts");
  }

  private static String line(Json json) {
    return JsonLines.text(json) + "\n";
  }

  private static Json.Obj object(String name, Json value) {
    return new Json.Obj(Map.of(name, value));
  }

  private static List<JsonObject> objects(KolmRun run) throws JsonException {
    assertEquals(0, run.exitCode(), run.err());
    List<JsonObject> objects = new ArrayList<>();
    for (String line : run.out().lines().toList()) {
      objects.add(JsonReader.readObject(line.getBytes(UTF_8), JsonLimits.DEFAULT));
    }
    return objects;
  }

  @Test
  void tokenizesPromptsAsTheReferenceDoes() throws IOException, JsonException {
    String input =
        texts().stream()
            .map(t -> line(t.find("prompt").orElseThrow()))
            .collect(Collectors.joining());
    String expected =
        texts().stream()
            .map(t -> line(t.find("input_ids").orElseThrow()))
            .collect(Collectors.joining());
    assertEquals(expected, run(input, "tokenize", MODEL, "--special").out());
    KolmRun back = run(expected, "tokenize", MODEL, "--decode");
    assertEquals(input, back.out());
  }

  @Test
  void refusedLinesAreAnsweredInTheirPlace() {
    KolmRun run = run("5\n\n\"ok\"\n{\n", "tokenize", MODEL);
    List<String> lines = run.out().lines().toList();
    assertEquals(3, lines.size(), run.out());
    assertEquals("{\"error\":\"expected a JSON string, got an integer\"}", lines.get(0));
    assertTrue(lines.get(1).startsWith("["), run.out());
    assertTrue(lines.get(2).startsWith("{\"error\":"), run.out());
    assertEquals(1, run.exitCode());
    assertEquals("", run.err());
  }

  @Test
  void rendersConversations() throws IOException, JsonException {
    int seen = 0;
    for (JsonObject text : texts()) {
      if (text.find("messages").isPresent()) {
        KolmRun run = run(line(object("messages", text.get("messages"))), "render", MODEL);
        assertEquals(text.string("prompt"), run.out(), run.err());
        seen++;
      }
    }
    assertTrue(seen > 0);
  }

  @Test
  void continuesAsTheReferenceDoes() throws IOException, JsonException {
    StringBuilder input = new StringBuilder();
    for (JsonObject text : texts()) {
      Map<String, Json> members = new LinkedHashMap<>();
      members.put("ids", text.get("input_ids"));
      members.put("max_tokens", new Json.Int(32));
      members.put("temperature", new Json.Int(0));
      members.put("ignore_eos", new Json.Bool(true));
      input.append(line(new Json.Obj(members)));
    }
    List<JsonObject> answers = objects(run(input.toString(), "generate", MODEL));
    assertEquals(texts().size(), answers.size());
    for (int i = 0; i < answers.size(); i++) {
      assertEquals(texts().get(i).get("greedy_ids"), answers.get(i).get("ids"));
      assertEquals("length", answers.get(i).string("end"));
    }
  }

  @Test
  void scoresAsTheReferenceDoes() throws IOException, JsonException {
    for (JsonObject sequence : golden("expected.json").objects("sequences")) {
      JsonObject scores =
          objects(run(line(object("ids", sequence.get("ids"))), "score", MODEL, "--top", "5"))
              .getFirst();
      List<Json> expected = sequence.array("next");
      List<Json> actual = scores.array("logprobs");
      assertEquals(expected.size(), actual.size());
      for (int i = 0; i < expected.size(); i++) {
        assertEquals(number(expected.get(i)), number(actual.get(i)), 2e-3);
      }
      assertEquals(expected.size(), scores.array("top").size());
    }
  }

  private static double number(Json json) {
    return json instanceof Json.Real real ? real.value() : ((Json.Int) json).value();
  }

  @Test
  void dumpsLayersAsTheReferenceHasThem() throws IOException, JsonException {
    JsonObject layers = golden("expected.json").object("layers");
    Json ids = new Json.Null();
    for (JsonObject sequence : golden("expected.json").objects("sequences")) {
      if (sequence.string("name").equals(layers.string("sequence"))) {
        ids = sequence.get("ids");
      }
    }
    JsonObject dump =
        objects(run(line(object("ids", ids)), "score", MODEL, "--dump-layers")).getFirst();
    JsonObject expected = layers.objects("stages").getFirst();
    JsonObject actual = dump.objects("stages").getFirst();
    assertEquals("embedding", actual.string("at"));
    for (String figure : List.of("mean", "std", "last_mean", "last_std")) {
      assertEquals(
          expected.findNumber(figure).orElseThrow(), actual.findNumber(figure).orElseThrow(), 1e-5);
    }
    assertEquals("output_norm", dump.objects("stages").getLast().string("at"));
  }

  @Test
  void perplexityIsThatOfTheScores() throws IOException, JsonException {
    Path text = Files.writeString(home.resolve("text.txt"), "Once upon a time, a small cat sat.");
    JsonObject whole = objects(run("", "perplexity", MODEL, text.toString())).getFirst();
    JsonObject scores =
        objects(run(line(object("text", new Json.Str(Files.readString(text)))), "score", MODEL))
            .getFirst();
    double mean =
        -scores.array("logprobs").stream()
            .mapToDouble(ModelCommandsTest::number)
            .average()
            .orElse(0);
    assertEquals(mean, whole.findNumber("nll").orElseThrow(), 1e-9);
    assertEquals(Math.exp(mean), whole.findNumber("perplexity").orElseThrow(), 1e-6);
    assertEquals(scores.array("logprobs").size(), whole.integer("scored"));
    JsonObject windows =
        objects(run("", "perplexity", MODEL, text.toString(), "--window", "8")).getFirst();
    assertEquals(3 * (windows.integer("tokens") / 8), windows.integer("scored"));
  }

  @Test
  void chatsWithHistory() {
    KolmRun once = run("", "run", MODEL, "hi", "--temperature", "0", "--max-tokens", "6");
    assertEquals(0, once.exitCode(), once.err());
    KolmRun chat =
        run(
            "hi\n/nonsense\n/history\n/reset\n/history\n/exit\nnever read\n",
            "chat",
            MODEL,
            "--temperature",
            "0",
            "--max-tokens",
            "6");
    assertEquals(0, chat.exitCode(), chat.err());
    String answer = once.out().strip();
    assertTrue(chat.out().startsWith(answer), chat.out());
    assertTrue(chat.out().contains("unknown command /nonsense"), chat.out());
    assertTrue(chat.out().contains("user: hi\nassistant: " + answer), chat.out());
    assertEquals(chat.out().indexOf("user: hi"), chat.out().lastIndexOf("user: hi"));
  }

  @Test
  void packsListsAndRunsByName() throws IOException {
    KolmRun refused = run("", "pull", MODEL);
    assertEquals(1, refused.exitCode());
    assertTrue(refused.err().contains("--license"), refused.err());
    KolmRun pulled = run("", "pull", MODEL, "--license", "Apache-2.0", "--name", "tiny");
    assertEquals(0, pulled.exitCode(), pulled.err());
    assertTrue(pulled.out().matches("(?s)tiny\\.kolm  .*3 entries.*cidv1:sha256:[0-9a-f]{64}\n"));
    assertTrue(run("", "list").out().contains("tiny"));
    String[] question = {"hi", "--temperature", "0", "--max-tokens", "6"};
    KolmRun bare = run("", concat("run", MODEL, question));
    KolmRun packed = run("", concat("run", "tiny", question));
    assertEquals(0, packed.exitCode(), packed.err());
    assertEquals(bare.out(), packed.out());
    try (var left = Files.list(home.resolve("kolm/tmp"))) {
      assertEquals(0, left.count());
    }
  }

  private static String[] concat(String command, String model, String[] rest) {
    return Stream.concat(Stream.of(command, model), Stream.of(rest)).toArray(String[]::new);
  }

  /**
   * The same model, key and time: the same file, twice and on whatever machine this runs, also
   * where weights are quantized anew.
   */
  @ParameterizedTest
  @CsvSource({
    "chat/chat.gguf,,6e47c28074a0d400e33bf6c552684966fec71ad3be56e18ac3e82c065928f3c1",
    "quantised/llama-q6_k.gguf,q4_k,d805b64393601be570c41c5a7b6608aecce2884fe8e79c9b4465507c3b9757ba"
  })
  void packingIsRepeatable(String model, @Nullable String quantize, String sha256)
      throws Exception {
    Map<String, String> environment =
        Map.of("SOURCE_DATE_EPOCH", "1767225600", "KOLM_SIGNING_KEY", KEY);
    Path weights = KolmRun.chatModel().resolveSibling("..").resolve(model);
    for (int i = 0; i < 2; i++) {
      Path out = home.resolve("out" + i).resolve("tiny.kolm");
      List<String> command = new ArrayList<>(List.of("pack", "--weights", weights.toString()));
      command.addAll(List.of("--license", "MIT", "--out", out.toString()));
      if (quantize != null) {
        command.addAll(List.of("--quantize", quantize));
      }
      KolmRun run = KolmRun.of(home, environment, "", command.toArray(String[]::new));
      assertEquals(0, run.exitCode(), run.err());
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(out));
      assertEquals(sha256, HexFormat.of().formatHex(digest));
    }
  }

  @Test
  void aDamagedArtifactFailsTheGate() throws IOException {
    Path out = home.resolve("tiny.kolm");
    assertEquals(0, run("", "pack", MODEL, "--license", "MIT", "--out", out.toString()).exitCode());
    byte[] bytes = Files.readAllBytes(out);
    bytes[bytes.length / 2] ^= 1;
    Files.write(out, bytes);
    KolmRun run = run("", "run", out.toString(), "hi");
    assertEquals(2, run.exitCode(), run.err());
    assertTrue(run.err().contains("digest_mismatch") || run.err().contains("crc"), run.err());
  }

  private static List<Json> items(JsonObject answer, String name) throws JsonException {
    return answer.array(name);
  }

  @Test
  void grammarsGiveVerdictsTokenByToken() throws JsonException {
    String input =
        """
        {"schema":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]},"tests":[{"data":{"a":1}},{"data":{"a":"x"}},{"data":{}},{"data":7}]}
        {"schema":{"not":{"$ref":"http://elsewhere/x"}},"tests":[{"data":1}]}
        {"regex":"[a-c]{2,3}","tests":[{"data":"abc"},{"data":"abcd"}]}
        {"choices":["yes","no"],"tests":[{"data":"no"},{"data":"n"}]}
        {"gbnf":"root ::= \\"a\\" root | \\"b\\"","tests":[{"data":"aab"},{"data":"aa"}]}
        {"lark":"start: \\"a\\"+ \\"b\\"","tests":[{"data":"aab"},{"data":"b"}]}
        {"schema":{"const":null},"tests":[{"data":null},{"data":false}]}
        """;
    List<JsonObject> answers = objects(run(input, "grammar", MODEL));
    assertEquals(7, answers.size());
    Json yes = new Json.Bool(true);
    Json no = new Json.Bool(false);
    assertEquals(List.of(yes, no, no, no), items(answers.get(0), "verdicts"));
    JsonObject refused = answers.get(1).object("refused");
    assertEquals("$ref", refused.string("keyword"));
    assertEquals("/not/$ref", refused.string("path"));
    assertEquals("unsupported", refused.string("code"));
    for (int i = 2; i < 7; i++) {
      assertEquals(List.of(yes, no), items(answers.get(i), "verdicts"), "line " + i);
      assertEquals(2, items(answers.get(i), "token_us").size());
      assertTrue(answers.get(i).find("compile_us").isPresent());
    }
  }

  @Test
  void aLineThatIsNoGrammarIsRefused() {
    KolmRun run =
        run("{}\n{\"regex\":\"a\",\"tests\":[{}]}\n{\"regex\":\"a\"}\n", "grammar", MODEL);
    assertEquals(1, run.exitCode());
    List<String> lines = run.out().lines().toList();
    assertEquals(3, lines.size());
    assertTrue(lines.get(0).contains("expected one of schema"), run.out());
    assertTrue(lines.get(1).contains("/tests/0/data is missing"), run.out());
    assertTrue(lines.get(2).contains("\"verdicts\":[]"), run.out());
  }
}
