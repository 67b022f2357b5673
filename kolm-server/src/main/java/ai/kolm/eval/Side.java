package ai.kolm.eval;

import java.util.Arrays;
import java.util.List;

/**
 * All answers of one side, and what they are worth.
 *
 * @param name of the model
 * @param answers to the cases, in their order
 * @param scores of the answers
 * @param usdPer1000 what a thousand answers cost
 */
public record Side(String name, List<Answer> answers, double[] scores, double usdPer1000) {
  /** Copies the list. */
  public Side {
    answers = List.copyOf(answers);
  }

  /** A percentile of the time to the whole answer, by nearest rank, in milliseconds. */
  public double percentile(double share) {
    double[] millis =
        answers.stream()
            .filter(answer -> answer.error().isEmpty())
            .mapToDouble(Answer::millis)
            .toArray();
    if (millis.length == 0) {
      return 0;
    }
    Arrays.sort(millis);
    return millis[Math.max(0, (int) Math.ceil(share * millis.length) - 1)];
  }

  /** The share of answers that are none. */
  public double failures() {
    return answers.stream().filter(Answer::isFailure).count() / (double) answers.size();
  }
}
