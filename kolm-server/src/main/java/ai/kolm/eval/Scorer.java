package ai.kolm.eval;

import ai.kolm.json.Json;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** How an answer is compared with what is expected: a number from 0 to 1. */
public enum Scorer {
  /** The same text. */
  EXACT,
  /** The same text after folding case, spaces and punctuation around it. */
  NORMALIZED,
  /** The first line is the label. */
  LABEL,
  /** The share of texts that occur; 0 if one occurs that must not. */
  CONTAINS,
  /** The whole text matches, on an engine that takes linear time. */
  REGEX,
  /** F1 over the leaves of JSON. */
  JSON_F1,
  /** The same tools, and F1 over their arguments. */
  TOOL_CALLS,
  /** F1 over words; weak. */
  TOKEN_F1,
  /** The same meaning, by the vectors of a model. */
  SIMILARITY,
  /** A model grades by a rubric. */
  JUDGE;

  /** The name in files and reports. */
  public String id() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The scorer of this name.
   *
   * @throws EvalException if there is none
   */
  public static Scorer of(String id) throws EvalException {
    return Stream.of(values())
        .filter(scorer -> scorer.id().equals(id))
        .findFirst()
        .orElseThrow(
            () ->
                new EvalException(
                    EvalException.Reason.CASES,
                    "unknown scorer \"%s\": expected exact, normalized, label, contains, regex, json_f1, tool_calls, token_f1, similarity or judge"
                        .formatted(id)));
  }

  /**
   * How well {@code answer} is what {@code expected} says.
   *
   * @throws IllegalStateException if it takes a model to say so: {@link Scoring} has that
   */
  public double score(Json.Obj expected, Answer answer) {
    if (answer.isFailure()) {
      return 0;
    }
    return switch (this) {
      case EXACT -> texts(expected).contains(answer.content()) ? 1 : 0;
      case NORMALIZED -> {
        String text = TextMeasure.normalize(answer.content());
        yield texts(expected).stream().map(TextMeasure::normalize).anyMatch(text::equals) ? 1 : 0;
      }
      case LABEL -> {
        String label = TextMeasure.label(answer.content());
        yield texts(expected).stream().map(TextMeasure::label).anyMatch(label::equals) ? 1 : 0;
      }
      case CONTAINS -> contains(expected, answer.content());
      case REGEX -> regex(expected, answer.content());
      case JSON_F1 -> jsonF1(expected, answer.content());
      case TOOL_CALLS -> toolCalls(expected, answer.toolCalls());
      case TOKEN_F1 ->
          texts(expected).stream()
              .mapToDouble(text -> TextMeasure.tokenF1(text, answer.content()))
              .max()
              .orElse(0);
      case SIMILARITY, JUDGE -> throw new IllegalStateException(id() + " takes a model");
    };
  }

  /** The texts of which one will do. */
  static List<String> texts(Json.Obj expected) {
    List<String> texts = new ArrayList<>();
    if (expected.members().get("text") instanceof Json.Str text) {
      texts.add(text.value());
    }
    texts.addAll(strings(expected, "any_of"));
    return texts;
  }

  private static List<String> strings(Json.Obj object, String name) {
    List<String> strings = new ArrayList<>();
    if (object.members().get(name) instanceof Json.Arr list) {
      list.items().forEach(item -> strings.add(item instanceof Json.Str s ? s.value() : ""));
    }
    return strings;
  }

  private static double contains(Json.Obj expected, String content) {
    List<String> wanted = strings(expected, "contains");
    if (strings(expected, "absent").stream().anyMatch(content::contains)) {
      return 0;
    }
    return wanted.isEmpty()
        ? 1
        : wanted.stream().filter(content::contains).count() / (double) wanted.size();
  }

  private static double regex(Json.Obj expected, String content) {
    try {
      return expected.members().get("regex") instanceof Json.Str pattern
              && Pattern.compile(pattern.value()).matches(content)
          ? 1
          : 0;
    } catch (PatternSyntaxException e) {
      return 0;
    }
  }

  private static double jsonF1(Json.Obj expected, String content) {
    Json wanted = expected.members().get("json");
    Optional<Json> actual = JsonMeasure.parse(content);
    if (wanted == null && expected.members().get("text") instanceof Json.Str text) {
      wanted = JsonMeasure.parse(text.value()).orElse(null);
    }
    boolean unordered =
        expected.members().get("unordered") instanceof Json.Bool flag && flag.value();
    return wanted == null || actual.isEmpty() ? 0 : JsonMeasure.f1(wanted, actual.get(), unordered);
  }

  /** Calls may come in any order; each is matched with the best one of its name that is left. */
  private static double toolCalls(Json.Obj expected, List<Answer.Call> actual) {
    List<Answer.Call> left = new ArrayList<>(actual);
    List<Answer.Call> wanted = calls(expected);
    if (wanted.size() != left.size()) {
      return 0;
    }
    double sum = 0;
    for (Answer.Call call : wanted) {
      Answer.Call best = null;
      double score = -1;
      for (Answer.Call candidate : left) {
        double f1 =
            candidate.name().equals(call.name())
                ? JsonMeasure.f1(call.arguments(), candidate.arguments(), false)
                : -1;
        if (f1 > score) {
          score = f1;
          best = candidate;
        }
      }
      if (best == null) {
        return 0;
      }
      left.remove(best);
      sum += score;
    }
    return wanted.isEmpty() ? 1 : sum / wanted.size();
  }

  private static List<Answer.Call> calls(Json.Obj expected) {
    List<Answer.Call> calls = new ArrayList<>();
    if (expected.members().get("tool_calls") instanceof Json.Arr list) {
      for (Json item : list.items()) {
        if (item instanceof Json.Obj call) {
          Json inner = call.members().getOrDefault("function", call);
          Answers.call(inner).ifPresent(calls::add);
        }
      }
    }
    return calls;
  }
}
