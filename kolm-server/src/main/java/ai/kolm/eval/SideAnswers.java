package ai.kolm.eval;

import java.util.List;

/**
 * All answers of one side, before they are scored.
 *
 * @param name of the model
 * @param answers to the cases, in their order
 * @param usdPer1000 what a thousand answers cost
 */
public record SideAnswers(String name, List<Answer> answers, double usdPer1000) {
  /** Copies the list. */
  public SideAnswers {
    answers = List.copyOf(answers);
  }

  Side scored(double[] scores) {
    return new Side(name, answers, scores, usdPer1000);
  }
}
