package ai.kolm.eval;

import ai.kolm.json.Json;
import java.util.List;
import java.util.Map;

/**
 * A question and what is expected.
 *
 * @param id unique
 * @param request messages, tools, format and parameters: what is sent, except the model
 * @param expected what a right answer is
 * @param scorers how it is compared; empty: as for all cases
 * @param tags what kind of case it is
 * @param weight how much it counts
 * @param cluster cases of one cluster are not independent
 * @param source who says what is expected: human, capture or synthetic
 */
public record EvalCase(
    String id,
    Map<String, Json> request,
    Json.Obj expected,
    List<String> scorers,
    List<String> tags,
    double weight,
    String cluster,
    String source) {
  /** The source of a case whose expected answer was captured. */
  public static final String CAPTURE = "capture";

  /** What is asked. */
  public List<Json> messages() {
    return request.get("messages") instanceof Json.Arr messages ? messages.items() : List.of();
  }

  /** Copies the lists, checks the weight. */
  public EvalCase {
    request = Map.copyOf(request);
    scorers = List.copyOf(scorers);
    tags = List.copyOf(tags);
    if (!(weight > 0) || weight > 1e6) {
      throw new IllegalArgumentException("weight must be positive, got " + weight);
    }
  }
}
