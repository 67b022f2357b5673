package ai.kolm.eval;

import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * An evaluation: cases, the answers of both sides, and all numbers that follow from them. Nothing
 * here is told from outside.
 *
 * @param cases what was asked
 * @param type how it was scored
 * @param local the local side
 * @param baseline the other one; absent if there is none
 * @param given what is known from elsewhere
 * @param numbers what follows
 */
public record Evaluation(
    EvalCases cases,
    TaskType type,
    Side local,
    Optional<Side> baseline,
    Given given,
    Numbers numbers) {
  private static final double POWER = 6.2;
  private static final double P95 = 0.95;

  /**
   * What is known from elsewhere.
   *
   * @param bytes of the artifact and what it refers to
   * @param budgetBytes of the manifest; 0: the default
   * @param budgetMillis of the manifest; 0: from the baseline
   * @param budgetUsd of the manifest; 0: from the baseline
   * @param receiptFaults local answers without a valid receipt
   * @param leaks cases that the local model was trained on; empty: nobody can say here
   * @param traffic how the captured requests that it learned from are distributed
   * @param gate the rules
   */
  public record Given(
      double bytes,
      double budgetBytes,
      double budgetMillis,
      double budgetUsd,
      long receiptFaults,
      Optional<Integer> leaks,
      Traffic traffic,
      Gate gate) {}

  /**
   * What follows.
   *
   * @param localAccuracy mean score
   * @param localBound its lower bound
   * @param baselineAccuracy mean score
   * @param baselineBound its lower bound
   * @param difference local minus baseline
   * @param differenceBound its lower bound
   * @param worse cases where local scores less
   * @param better cases where it scores more
   * @param budgets of both sides
   * @param localScore K of the local side
   * @param baselineScore K of the baseline
   * @param neededCases for a chance of 80 % to pass if both are equally good
   * @param rules of the gate; none without a baseline
   * @param verdict of the gate
   */
  public record Numbers(
      double localAccuracy,
      double localBound,
      double baselineAccuracy,
      double baselineBound,
      double difference,
      double differenceBound,
      long worse,
      long better,
      KScore.Budgets budgets,
      KScore localScore,
      KScore baselineScore,
      long neededCases,
      List<Gate.Rule> rules,
      Gate.Verdict verdict) {
    /** Copies the rules. */
    public Numbers {
      rules = List.copyOf(rules);
    }
  }

  /** By how much the local side may be worse. */
  double margin() {
    return given.gate().margin();
  }

  /** Whether a part of the cases has answers of the baseline for what is right. */
  boolean refersToBaseline() {
    return cases.cases().stream().anyMatch(one -> one.source().equals("capture"));
  }

  /** Works the numbers out. */
  public static Evaluation of(
      EvalCases cases, TaskType type, Side local, Optional<Side> baseline, Given given) {
    double[] weights = cases.cases().stream().mapToDouble(EvalCase::weight).toArray();
    List<String> clusters = cases.cases().stream().map(EvalCase::cluster).toList();
    long seed = HexFormat.fromHexDigitsToLong(cases.digest().substring(0, 16));
    double accuracy = Bootstrap.mean(weights, local.scores());
    double bound = Bootstrap.lowerBound(clusters, weights, local.scores(), 0, seed);
    if (baseline.isEmpty()) {
      boolean passed = bound >= given.gate().minAccuracy();
      KScore none = new KScore(0, 0, 0, 0, 0);
      Numbers numbers =
          new Numbers(
              accuracy,
              bound,
              0,
              0,
              0,
              0,
              0,
              0,
              new KScore.Budgets(0, 0, 0),
              none,
              none,
              0,
              List.of(),
              passed ? Gate.Verdict.PASSED : Gate.Verdict.FAILED);
      return new Evaluation(cases, type, local, baseline, given, numbers);
    }
    Side other = baseline.get();
    double[] differences = new double[weights.length];
    long worse = 0;
    long better = 0;
    for (int i = 0; i < differences.length; i++) {
      differences[i] = local.scores()[i] - other.scores()[i];
      worse += differences[i] < 0 ? 1 : 0;
      better += differences[i] > 0 ? 1 : 0;
    }
    double differenceBound = differenceBound(clusters, weights, differences, seed);
    double otherAccuracy = Bootstrap.mean(weights, other.scores());
    KScore.Budgets budgets = budgets(other, given);
    double v = given.traffic().coverage(cases.cases());
    KScore localScore = score(local, accuracy, v, budgets, given.bytes());
    KScore otherScore = score(other, otherAccuracy, v, budgets, 0);
    Gate.Measured measured =
        new Gate.Measured(
            cases.clusters(),
            given.receiptFaults(),
            given.leaks(),
            differenceBound,
            bound,
            localScore,
            otherScore,
            local.failures(),
            other.failures());
    double share = (worse + better) / (double) differences.length;
    double margin = Math.max(1e-3, given.gate().margin());
    Numbers numbers =
        new Numbers(
            accuracy,
            bound,
            otherAccuracy,
            Bootstrap.lowerBound(clusters, weights, other.scores(), 0, seed),
            Bootstrap.mean(weights, differences),
            differenceBound,
            worse,
            better,
            budgets,
            localScore,
            otherScore,
            (long) Math.ceil(POWER * share / (margin * margin)),
            given.gate().rules(measured),
            given.gate().verdict(measured));
    return new Evaluation(cases, type, local, baseline, given, numbers);
  }

  /** The lower of what resampling says and, where it applies, the exact bound. */
  static double differenceBound(
      List<String> clusters, double[] weights, double[] differences, long seed) {
    double resampled = Bootstrap.lowerBound(clusters, weights, differences, -1, seed);
    return Math.min(
        resampled, ExactBound.of(clusters, weights, differences).orElse(Double.MAX_VALUE));
  }

  private static KScore.Budgets budgets(Side baseline, Given given) {
    return new KScore.Budgets(
        given.budgetBytes() > 0 ? given.budgetBytes() : KScore.Budgets.DEFAULT_BYTES,
        given.budgetMillis() > 0
            ? given.budgetMillis()
            : Math.max(KScore.Budgets.LEAST_MILLIS, baseline.percentile(P95)),
        given.budgetUsd() > 0 ? given.budgetUsd() : baseline.usdPer1000());
  }

  private static KScore score(
      Side side, double accuracy, double coverage, KScore.Budgets budgets, double bytes) {
    return new KScore(
        accuracy,
        bytes <= 0 ? 1 : KScore.size(bytes, budgets.bytes()),
        KScore.ratio(budgets.millis(), side.percentile(P95)),
        KScore.ratio(budgets.usd(), side.usdPer1000()),
        coverage);
  }
}
