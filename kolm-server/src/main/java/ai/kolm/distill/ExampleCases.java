package ai.kolm.distill;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.eval.EvalCases;
import ai.kolm.eval.EvalException;
import ai.kolm.eval.TaskType;
import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Examples as cases of an evaluation: the captured answer is what is expected. All are scored in
 * the same way, which is told by the whole data set: dev, holdout and later evaluations agree.
 * Immutable.
 */
public final class ExampleCases {
  private final Map<String, String> clusterOf;
  private final int maxTokens;
  private final TaskType type;

  /**
   * @param dataset with at least one example
   * @param maxTokens that an answer may have: a model that has not learned to end must not be
   *     waited for
   */
  public ExampleCases(Dataset dataset, int maxTokens) {
    this.clusterOf = dataset.clusterOf();
    this.maxTokens = maxTokens;
    List<Example> texts = new ArrayList<>();
    List<Example> calling = new ArrayList<>();
    for (List<Example> part : List.of(dataset.train(), dataset.dev(), dataset.holdout())) {
      part.forEach(example -> (calls(example) ? calling : texts).add(example));
    }
    // What texts are like decides how they are scored; calls are always scored as calls.
    type = type(texts.isEmpty() ? calling : texts);
  }

  private TaskType type(List<Example> examples) {
    try {
      StringBuilder text = new StringBuilder();
      examples.forEach(example -> text.append(JsonText.of(line(example))).append('\n'));
      return TaskType.of(EvalCases.read(text.toString().getBytes(UTF_8)).cases());
    } catch (EvalException e) {
      throw new IllegalStateException("cases that were just written", e);
    }
  }

  /** What kind of task it is. */
  public TaskType type() {
    return type;
  }

  /**
   * The lines of {@code evals.jsonl}.
   *
   * @param examples at least one, of the data set
   */
  public byte[] lines(List<Example> examples) {
    StringBuilder text = new StringBuilder();
    for (Example example : examples) {
      Map<String, Json> json = new LinkedHashMap<>(line(example).members());
      String scorer = calls(example) ? "tool_calls" : type.scorer().id();
      json.put("scorer", new Json.Str(scorer));
      text.append(JsonText.of(new Json.Obj(json))).append('\n');
    }
    return text.toString().getBytes(UTF_8);
  }

  private Json.Obj line(Example example) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("id", new Json.Str(example.id()));
    json.put("messages", new Json.Arr(example.messages()));
    example.tools().ifPresent(tools -> json.put("tools", tools));
    example.format().ifPresent(format -> json.put("response_format", format));
    json.put("params", new Json.Obj(Map.of("max_tokens", new Json.Int(maxTokens))));
    json.put("expected", expected(example));
    json.put("cluster", new Json.Str(clusterOf.getOrDefault(example.id(), example.id())));
    json.put("source", new Json.Str("capture"));
    return new Json.Obj(json);
  }

  private static Json.Obj expected(Example example) {
    Map<String, Json> answer = example.answer().members();
    if (calls(example)) {
      return new Json.Obj(
          Map.of("tool_calls", answer.getOrDefault("tool_calls", new Json.Arr(List.of()))));
    }
    Json content = answer.getOrDefault("content", new Json.Null());
    return new Json.Obj(Map.of("text", content instanceof Json.Str ? content : new Json.Str("")));
  }

  private static boolean calls(Example example) {
    return example.answer().members().get("tool_calls") instanceof Json.Arr calls
        && !calls.items().isEmpty();
  }
}
