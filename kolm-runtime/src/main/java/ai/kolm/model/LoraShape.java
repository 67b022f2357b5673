package ai.kolm.model;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a LoRA adapter consists of.
 *
 * @param rank of its matrices, 1 to 512
 * @param alpha its products count {@code alpha / rank} times
 * @param modules what it adapts in every layer, at least one
 */
public record LoraShape(int rank, double alpha, Set<LoraModule> modules) {
  /** Rank 16, alpha 32, all linear layers. */
  public static final LoraShape DEFAULT = new LoraShape(16, 32, EnumSet.allOf(LoraModule.class));

  private static final int MAX_RANK = 512;

  /**
   * @throws IllegalArgumentException if a number is out of range or there are no modules
   */
  public LoraShape {
    if (rank < 1 || rank > MAX_RANK) {
      throw new IllegalArgumentException(
          "LoRA rank is %d, expected 1 to %d".formatted(rank, MAX_RANK));
    }
    if (!(alpha > 0) || Double.isInfinite(alpha)) {
      throw new IllegalArgumentException("LoRA alpha is %s, expected above 0".formatted(alpha));
    }
    if (modules.isEmpty()) {
      throw new IllegalArgumentException("LoRA adapts no modules");
    }
    modules = Collections.unmodifiableSet(EnumSet.copyOf(modules));
  }

  /** Factor on products. */
  public float scale() {
    return (float) (alpha / rank);
  }
}
