package ai.kolm.eval;

import ai.kolm.json.Json;
import java.util.List;

/**
 * Of what kind a request is: with tools or without, with what kind of answer, how long. Captured
 * traffic and cases are sorted in the same way, so that coverage can say how much of the traffic
 * the cases stand for.
 */
public final class Stratum {
  private static final int CHARACTERS_PER_TOKEN = 4;
  private static final int KIBI = 1_024;

  private Stratum() {}

  /**
   * The kind of a request with this answer.
   *
   * @param calls whether the answer is a call of a tool
   * @param answer its text, else
   */
  public static String of(List<Json> messages, boolean tools, boolean calls, String answer) {
    String kind = calls ? "calls" : isJson(answer) ? "json" : "text";
    long characters = 0;
    for (Json message : messages) {
      characters += characters(message);
    }
    return "%s %s %s"
        .formatted(tools ? "tools" : "plain", kind, length(characters / CHARACTERS_PER_TOKEN));
  }

  /** The kind of a case. */
  static String of(EvalCase one) {
    boolean json = one.expected().members().containsKey("json");
    String text = Scorer.texts(one.expected()).stream().findFirst().orElse("");
    return of(
        one.messages(),
        one.request().containsKey("tools"),
        one.expected().members().containsKey("tool_calls"),
        json ? "{}" : text);
  }

  private static boolean isJson(String text) {
    return JsonMeasure.parse(text)
        .filter(json -> json instanceof Json.Obj || json instanceof Json.Arr)
        .isPresent();
  }

  private static String length(long tokens) {
    return tokens <= 256 ? "256" : tokens <= KIBI ? "1k" : tokens <= 4 * KIBI ? "4k" : "more";
  }

  private static long characters(Json value) {
    return switch (value) {
      case Json.Obj object ->
          object.members().values().stream().mapToLong(Stratum::characters).sum();
      case Json.Arr array -> array.items().stream().mapToLong(Stratum::characters).sum();
      case Json.Str text -> text.value().length();
      case Json.Int _, Json.Real _, Json.Bool _, Json.Null _ -> 0;
    };
  }
}
