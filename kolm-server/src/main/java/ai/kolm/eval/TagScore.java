package ai.kolm.eval;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How the local side does on the cases of one tag.
 *
 * @param tag of the cases
 * @param cases how many
 * @param accuracy mean score
 * @param low lower bound of the mean: Wilson's interval of 95 % (1927), of scores as of shares
 * @param high upper bound
 */
record TagScore(String tag, int cases, double accuracy, double low, double high) {
  private static final double Z = 1.96;
  private static final int MOST = 20;

  /** Those of the most cases first, at most 20. */
  static List<TagScore> of(Evaluation e) {
    Map<String, double[]> sums = new TreeMap<>();
    for (int i = 0; i < e.cases().cases().size(); i++) {
      double score = e.local().scores()[i];
      for (String tag : e.cases().cases().get(i).tags()) {
        double[] sum = sums.computeIfAbsent(tag, _ -> new double[2]);
        sum[0] += score;
        sum[1]++;
      }
    }
    List<TagScore> scores = new ArrayList<>();
    sums.forEach((tag, sum) -> scores.add(of(tag, sum[0] / sum[1], (int) sum[1])));
    scores.sort(Comparator.comparingInt(TagScore::cases).reversed().thenComparing(TagScore::tag));
    return List.copyOf(scores.subList(0, Math.min(MOST, scores.size())));
  }

  private static TagScore of(String tag, double p, int n) {
    double z2 = Z * Z / n;
    double middle = (p + z2 / 2) / (1 + z2);
    double half = Z * Math.sqrt(p * (1 - p) / n + z2 / (4 * n)) / (1 + z2);
    return new TagScore(tag, n, p, Math.max(0, middle - half), Math.min(1, middle + half));
  }
}
