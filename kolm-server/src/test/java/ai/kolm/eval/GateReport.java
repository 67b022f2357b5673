package ai.kolm.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * How often rule G2 lets a model pass, simulated: one that is worse by just the margin, and one
 * that is as good. Its main method prints the table of docs/eval.md.
 */
final class GateReport {
  private static final int RUNS = Integer.getInteger("kolm.eval.runs", 1_000);
  private static final int[] CASES = {60, 100, 200, 400};
  private static final double[] SHARES = {0.05, 0.10, 0.20};

  private GateReport() {}

  public static void main(String[] arguments) {
    System.out.println(
        RUNS + " runs each; share of answers that differ, then n = 60, 100, 200, 400");
    for (double worse : new double[] {Gate.DEFAULT.margin(), 0}) {
      for (double share : SHARES) {
        if (share < worse) {
          continue;
        }
        StringBuilder line =
            new StringBuilder("worse by %.2f, %2.0f %% differ:".formatted(worse, 100 * share));
        for (int n : CASES) {
          line.append(String.format(Locale.ROOT, "  %.3f", passed(n, share, worse)));
        }
        System.out.println(line);
      }
    }
  }

  /**
   * The share of runs that pass.
   *
   * @param n cases, each a cluster of its own
   * @param share of cases whose scores differ
   * @param worse by how much the local model is worse in truth
   */
  static double passed(int n, double share, double worse) {
    List<String> clusters = new ArrayList<>();
    double[] weights = new double[n];
    for (int i = 0; i < n; i++) {
      clusters.add("c" + i);
      weights[i] = 1;
    }
    double loses = (share + worse) / 2;
    int passed = 0;
    SplittableRandom seeds = new SplittableRandom(n);
    for (int run = 0; run < RUNS; run++) {
      SplittableRandom random = seeds.split();
      double[] differences = new double[n];
      for (int i = 0; i < n; i++) {
        double draw = random.nextDouble();
        differences[i] = draw < loses ? -1 : draw < share ? 1 : 0;
      }
      double bound = Evaluation.differenceBound(clusters, weights, differences, run);
      passed += bound >= -Gate.DEFAULT.margin() ? 1 : 0;
    }
    return passed / (double) RUNS;
  }
}
