package ai.kolm.eval;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What requests a model is for: those that were captured, else tags that its manifest declares.
 *
 * @param strata requests of each {@link Stratum} that were captured; empty: none were
 * @param tags that cases should have, where nothing was captured
 */
public record Traffic(Map<String, Long> strata, List<String> tags) {
  /** Nothing is known. */
  public static final Traffic UNKNOWN = new Traffic(Map.of(), List.of());

  private static final double ENOUGH = 10;
  private static final double ENOUGH_IN_ALL = 200;

  /** Copies. */
  public Traffic {
    strata = new TreeMap<>(strata);
    tags = List.copyOf(tags);
  }

  /**
   * What share of the requests the cases stand for: a stratum counts fully from ten cases on.
   * Without captures, each declared tag is a stratum; without those, 200 cases are enough.
   */
  double coverage(List<EvalCase> cases) {
    if (!strata.isEmpty()) {
      Map<String, Long> counts =
          cases.stream().collect(Collectors.groupingBy(Stratum::of, Collectors.counting()));
      double all = strata.values().stream().mapToLong(Long::longValue).sum();
      double covered = 0;
      for (Map.Entry<String, Long> stratum : strata.entrySet()) {
        long own = counts.getOrDefault(stratum.getKey(), 0L);
        covered += stratum.getValue() / all * Math.min(1, own / ENOUGH);
      }
      return covered;
    }
    if (!tags.isEmpty()) {
      double covered = 0;
      for (String tag : tags) {
        long own = cases.stream().filter(one -> one.tags().contains(tag)).count();
        covered += Math.min(1, own / ENOUGH) / tags.size();
      }
      return covered;
    }
    return Math.min(1, cases.size() / ENOUGH_IN_ALL);
  }
}
