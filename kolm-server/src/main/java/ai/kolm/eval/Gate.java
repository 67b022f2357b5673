package ai.kolm.eval;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Whether a local model may stand in for the baseline: all rules must hold.
 *
 * @param margin by how much it may be worse
 * @param minAccuracy the floor of its accuracy
 * @param gate the floor of its K-score
 */
public record Gate(double margin, double minAccuracy, double gate) {
  /** 0.05, 0.70, 0.85. */
  public static final Gate DEFAULT = new Gate(0.05, 0.70, 0.85);

  private static final int MIN_CLUSTERS = 60;
  private static final double MAX_FAILURES = 0.01;
  private static final double MAX_BASELINE_ERRORS = 0.05;

  /** Checks that all are shares. */
  public Gate {
    for (double share : new double[] {margin, minAccuracy, gate}) {
      if (!(share >= 0 && share <= 1)) {
        throw new IllegalArgumentException("expected a share from 0 to 1, got " + share);
      }
    }
  }

  /** What came of it. */
  public enum Verdict {
    /** All rules hold. */
    PASSED,
    /** One does not. */
    FAILED,
    /** Nothing can be said: the cases, the scorer or the baseline do not fit. */
    INCONCLUSIVE
  }

  /**
   * A rule.
   *
   * @param id G1 to G6
   * @param holds whether it does
   * @param detail with its numbers
   */
  public record Rule(String id, boolean holds, String detail) {}

  /**
   * What the rules are about.
   *
   * @param clusters independent cases
   * @param receiptFaults answers of the local model without a valid receipt of this artifact
   * @param leaks cases that it was trained on; empty: nobody can say here
   * @param differenceBound lower bound of local minus baseline
   * @param accuracyBound lower bound of the local accuracy
   * @param local its K-score
   * @param baseline that of the baseline
   * @param failures share of local answers that are none
   * @param baselineErrors share of baseline answers that are none
   */
  public record Measured(
      long clusters,
      long receiptFaults,
      Optional<Integer> leaks,
      double differenceBound,
      double accuracyBound,
      KScore local,
      KScore baseline,
      double failures,
      double baselineErrors) {}

  /** The rules, with their numbers. */
  public List<Rule> rules(Measured m) {
    double k = m.local().withAccuracy(m.accuracyBound()).k();
    double baselineK = m.baseline().k();
    return List.of(
        new Rule(
            "G1",
            m.clusters() >= MIN_CLUSTERS && m.receiptFaults() == 0 && m.leaks().orElse(0) == 0,
            "%d clusters (at least %d), %d answers without a valid receipt%s"
                .formatted(
                    m.clusters(),
                    MIN_CLUSTERS,
                    m.receiptFaults(),
                    m.leaks().map(", %d cases that were trained on"::formatted).orElse(""))),
        new Rule(
            "G2",
            m.differenceBound() >= -margin,
            String.format(
                Locale.ROOT, "difference bound %.4f >= -%.3f", m.differenceBound(), margin)),
        new Rule(
            "G3",
            m.accuracyBound() >= minAccuracy,
            String.format(
                Locale.ROOT, "accuracy bound %.4f >= %.2f", m.accuracyBound(), minAccuracy)),
        new Rule(
            "G4",
            k >= gate,
            String.format(Locale.ROOT, "K at the accuracy bound %.4f >= %.2f", k, gate)),
        new Rule(
            "G5",
            baselineK >= gate,
            String.format(Locale.ROOT, "K of the baseline %.4f >= %.2f", baselineK, gate)),
        new Rule(
            "G6",
            m.failures() <= MAX_FAILURES,
            String.format(
                Locale.ROOT,
                "%.2f %% of the local answers failed (at most 1 %%)",
                100 * m.failures())));
  }

  /** What follows from the rules. */
  public Verdict verdict(Measured measured) {
    List<Rule> rules = rules(measured);
    boolean baselineFits = rules.get(4).holds() && measured.baselineErrors() <= MAX_BASELINE_ERRORS;
    if (!baselineFits) {
      return Verdict.INCONCLUSIVE;
    }
    return rules.stream().allMatch(Rule::holds) ? Verdict.PASSED : Verdict.FAILED;
  }
}
