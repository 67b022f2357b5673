package ai.kolm.eval;

import java.util.List;

/**
 * Scores answers: by the scorers of the case, the least of which counts, else by that of the task.
 *
 * @param type of the task
 */
public record Scoring(TaskType type) {
  /**
   * The score of an answer.
   *
   * @throws EvalException if the case names a scorer that there is not
   */
  public double score(EvalCase one, Answer answer) throws EvalException {
    List<String> named = one.scorers();
    if (named.isEmpty()) {
      return type.scorer().score(one.expected(), answer);
    }
    double least = 1;
    for (String id : named) {
      least = Math.min(least, Scorer.of(id).score(one.expected(), answer));
    }
    return least;
  }
}
