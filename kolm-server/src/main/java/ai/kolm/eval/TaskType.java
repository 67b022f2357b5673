package ai.kolm.eval;

import ai.kolm.json.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What kind of task the cases are, told by what they expect, and how such a task is scored.
 *
 * @param name for people
 * @param scorer of cases that name none
 * @param weak whether the scorer says little
 */
public record TaskType(String name, Scorer scorer, boolean weak) {
  private static final int MAX_LABELS = 20;
  private static final int MIN_PER_LABEL = 5;
  private static final int SHORT_WORDS = 12;

  /** The type of {@code cases}. */
  public static TaskType of(List<EvalCase> cases) {
    if (all(cases, "tool_calls")) {
      return new TaskType("tool calls", Scorer.TOOL_CALLS, false);
    }
    if (all(cases, "contains")) {
      return new TaskType("required texts", Scorer.CONTAINS, false);
    }
    if (all(cases, "regex")) {
      return new TaskType("pattern", Scorer.REGEX, false);
    }
    if (all(cases, "rubric")) {
      return new TaskType("rubric", Scorer.JUDGE, false);
    }
    if (cases.stream().allMatch(TaskType::isJson)) {
      return new TaskType("JSON", Scorer.JSON_F1, false);
    }
    Map<String, Integer> labels = new TreeMap<>();
    int[] words = new int[cases.size()];
    for (int i = 0; i < words.length; i++) {
      String text = Scorer.texts(cases.get(i).expected()).stream().findFirst().orElse("");
      words[i] = text.isBlank() ? 0 : text.strip().split("\\s+", -1).length;
      labels.merge(TextMeasure.normalize(text), 1, Integer::sum);
    }
    Arrays.sort(words);
    boolean few =
        labels.size() <= MAX_LABELS
            && labels.values().stream().allMatch(count -> count >= MIN_PER_LABEL);
    if (few && words[words.length - 1] <= SHORT_WORDS) {
      return new TaskType("classification", Scorer.LABEL, false);
    }
    return words[words.length / 2] <= SHORT_WORDS
        ? new TaskType("short answers", Scorer.NORMALIZED, false)
        : new TaskType("text", Scorer.TOKEN_F1, true);
  }

  /** With a model that compares what texts mean, words need not be counted. */
  public TaskType withSimilarity() {
    return scorer == Scorer.TOKEN_F1 ? new TaskType(name, Scorer.SIMILARITY, false) : this;
  }

  private static boolean all(List<EvalCase> cases, String name) {
    return cases.stream().allMatch(one -> one.expected().members().containsKey(name));
  }

  private static boolean isJson(EvalCase one) {
    if (one.expected().members().containsKey("json")) {
      return true;
    }
    return one.expected().members().get("text") instanceof Json.Str text
        && JsonMeasure.parse(text.value())
            .filter(json -> json instanceof Json.Obj || json instanceof Json.Arr)
            .isPresent();
  }
}
