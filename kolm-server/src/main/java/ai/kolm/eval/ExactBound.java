package ai.kolm.eval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * The lower bound (one-sided, 95 %) of a mean difference where every cluster is either equal or
 * wholly lost: minus the largest share of losses with which so few would be seen one time in twenty
 * (Clopper and Pearson 1934). There the resampled bound is a step from one whole loss to the next,
 * and can be a step too high; this one never passes a model that is worse more often than it says.
 */
final class ExactBound {
  private static final double LEVEL = 0.05;
  private static final int HALVINGS = 60;

  private ExactBound() {}

  /**
   * The bound; empty unless the differences are of this kind and all clusters weigh the same.
   *
   * @param clusters of each case
   * @param weights of each case
   * @param differences of each case
   */
  static OptionalDouble of(List<String> clusters, double[] weights, double[] differences) {
    Map<String, double[]> sums = new LinkedHashMap<>();
    for (int i = 0; i < differences.length; i++) {
      double[] sum = sums.computeIfAbsent(clusters.get(i), _ -> new double[2]);
      sum[0] += weights[i] * differences[i];
      sum[1] += weights[i];
    }
    int lost = 0;
    double weight = sums.values().iterator().next()[1];
    for (double[] sum : sums.values()) {
      boolean whole = sum[0] == 0 || sum[0] == -weight;
      if (sum[1] != weight || !whole) {
        return OptionalDouble.empty();
      }
      lost += sum[0] == 0 ? 0 : 1;
    }
    return OptionalDouble.of(-share(lost, sums.size()));
  }

  /**
   * The share of losses with which at most {@code lost} of {@code n} are seen with {@link #LEVEL}.
   */
  private static double share(int lost, int n) {
    if (lost == n) {
      return 1;
    }
    double low = lost / (double) n;
    double high = 1;
    for (int i = 0; i < HALVINGS; i++) {
      double middle = (low + high) / 2;
      if (atMost(lost, n, middle) > LEVEL) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return high;
  }

  /**
   * The chance of at most {@code lost} losses; its terms by logarithms, the first is often tiny.
   */
  private static double atMost(int lost, int n, double share) {
    double term = n * Math.log1p(-share);
    double sum = Math.exp(term);
    for (int k = 1; k <= lost; k++) {
      term += Math.log((n - k + 1) / (double) k) + Math.log(share) - Math.log1p(-share);
      sum += Math.exp(term);
    }
    return sum;
  }
}
