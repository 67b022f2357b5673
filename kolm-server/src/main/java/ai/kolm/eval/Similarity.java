package ai.kolm.eval;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Whether two texts mean the same, by the vectors of a model.
 *
 * @param name of that model: its CID, if it is an artifact
 * @param vectors the vector of a text; empty if it has none: it is blank, or too long
 */
public record Similarity(String name, Function<String, Optional<float[]>> vectors) {
  private static final double SAME = 0.85;

  /** 1 if {@code answer} is close enough to one of {@code texts}, else 0. */
  double score(List<String> texts, String answer) {
    Optional<float[]> said = vectors.apply(answer);
    if (said.isEmpty()) {
      return 0;
    }
    for (String text : texts) {
      Optional<float[]> wanted = vectors.apply(text);
      if (wanted.isPresent() && cosine(wanted.get(), said.get()) >= SAME) {
        return 1;
      }
    }
    return 0;
  }

  /** Whether there is a text to compare with, and all of them have vectors. */
  boolean fits(List<String> texts) {
    return !texts.isEmpty() && texts.stream().allMatch(text -> vectors.apply(text).isPresent());
  }

  private static double cosine(float[] a, float[] b) {
    double product = 0;
    double lengths = 0;
    double others = 0;
    for (int i = 0; i < a.length; i++) {
      product += (double) a[i] * b[i];
      lengths += (double) a[i] * a[i];
      others += (double) b[i] * b[i];
    }
    return product / Math.sqrt(lengths * others);
  }
}
