package ai.kolm.distill;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.chat.ConversationEncoder;
import ai.kolm.eval.EvalCase;
import ai.kolm.eval.EvalCases;
import ai.kolm.eval.Scorer;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.reference.ReferenceData;
import ai.kolm.source.ModelFiles;
import ai.kolm.training.TrainingExample;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Examples on their two ways: into training, and into evaluations. */
class ExampleCasesTest {
  private static final String CALL =
      "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"find\",\"arguments\":\"{\\\"x\\\":1}\"}}]}";
  private static final String TOOLS =
      "[{\"type\":\"function\",\"function\":{\"name\":\"find\",\"parameters\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":\"integer\"}}}}}]";

  private static Json json(String text) {
    try {
      return JsonReader.read(text.getBytes(UTF_8), JsonLimits.DEFAULT);
    } catch (JsonException e) {
      throw new AssertionError(text, e);
    }
  }

  private static Example example(String id, String user, String answer, Optional<String> tools) {
    return new Example(
        id,
        1,
        List.of(json(user)),
        tools.map(ExampleCasesTest::json),
        Optional.empty(),
        (Json.Obj) json(answer),
        List.of());
  }

  private static Example text(String id, String answer) {
    return example(
        id,
        "{\"role\":\"user\",\"content\":\"what is " + id + "\"}",
        "{\"role\":\"assistant\",\"content\":\"" + answer + "\"}",
        Optional.empty());
  }

  private static Dataset dataset(List<Example> train, List<Example> holdout) {
    return new Dataset(
        train, List.of(), holdout, List.of(), List.of(1, 0, 1), Map.of("a", "first"), Map.of());
  }

  @Test
  void allCasesOfATaskNameTheSameScorer() throws Exception {
    List<Example> train = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      train.add(text("t" + i, i % 2 == 0 ? "yes" : "no"));
    }
    List<Example> holdout = List.of(text("a", "yes"), text("b", "no"));
    ExampleCases cases = new ExampleCases(dataset(train, holdout), 20);
    // Two cases alone would not look like a classification.
    assertEquals(Scorer.LABEL, cases.type().scorer());
    List<EvalCase> read = EvalCases.read(cases.lines(holdout)).cases();
    assertEquals(List.of("label"), read.getFirst().scorers());
    assertEquals("first", read.getFirst().cluster());
    assertEquals("b", read.getLast().cluster());
    assertEquals("capture", read.getFirst().source());
    assertEquals(new Json.Int(20), read.getFirst().request().get("max_tokens"));
  }

  @Test
  void callsAreScoredAsCalls() throws Exception {
    Example call =
        example("c", "{\"role\":\"user\",\"content\":\"find 1\"}", CALL, Optional.of(TOOLS));
    ExampleCases cases = new ExampleCases(dataset(List.of(call, text("t", "x")), List.of()), 20);
    List<EvalCase> read = EvalCases.read(cases.lines(List.of(call, text("t", "x")))).cases();
    assertEquals(List.of("tool_calls"), read.getFirst().scorers());
    assertTrue(read.getFirst().expected().members().containsKey("tool_calls"));
    assertTrue(read.getFirst().request().containsKey("tools"));
    assertEquals(List.of(cases.type().scorer().id()), read.getLast().scorers());
  }

  @Test
  void whatABaseCannotLearnIsNamed() throws Exception {
    try (ModelFiles files =
        ModelFiles.open(
            ReferenceData.projectRoot()
                .resolve("kolm-runtime/src/test/resources/golden/tiny-models/chat/chat.gguf"))) {
      ConversationEncoder conversations = ConversationEncoder.of(files, Clock.systemUTC());
      ExampleEncoder encoder = new ExampleEncoder(conversations, 300);
      Example call =
          example("c", "{\"role\":\"user\",\"content\":\"find 1\"}", CALL, Optional.of(TOOLS));
      assertEquals(Optional.empty(), encoder.refusal(call));
      TrainingExample learned = encoder.encode(call);
      assertTrue(learned.learnedTokens() > 5, "the call is learned");
      assertFalse(learned.learned()[0]);
      assertEquals(
          Optional.of("length"), new ExampleEncoder(conversations, 8).refusal(text("a", "b")));
      assertEquals(
          Optional.of("unsupported"),
          encoder.refusal(
              example(
                  "i",
                  "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"x\"}}]}",
                  "{\"role\":\"assistant\",\"content\":\"y\"}",
                  Optional.empty())));
    }
  }
}
