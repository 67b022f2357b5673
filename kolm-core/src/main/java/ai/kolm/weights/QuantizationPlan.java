package ai.kolm.weights;

import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.util.Objects;
import java.util.Set;

/**
 * Which type each tensor of a model gets when the model is quantized. Only matrices are: vectors
 * (norms, biases, frequency factors) are a thousandth of the bytes and matter most. Embedding and
 * output keep at least 8 bits, since every token passes through them; so do matrices whose rows are
 * not whole blocks of the target.
 *
 * @param target the type of most matrices: Q8_0, Q4_0 or Q4_K
 */
public record QuantizationPlan(TensorType target) {
  private static final Set<TensorType> TARGETS =
      Set.of(TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_K);
  private static final Set<String> EIGHT_BITS = Set.of("token_embd.weight", "output.weight");

  /**
   * @throws IllegalArgumentException if kolm does not quantize models to {@code target}
   */
  public QuantizationPlan {
    Objects.requireNonNull(target);
    if (!TARGETS.contains(target)) {
      throw new IllegalArgumentException(
          "cannot quantize a model to %s; possible: q8_0, q4_0, q4_k".formatted(target));
    }
  }

  /** The type for {@code tensor}, which is called {@code name} in the new file. */
  public TensorType typeOf(String name, Tensor tensor) {
    if (tensor.shape().rank() < 2) {
      return tensor.type();
    }
    TensorType wanted = EIGHT_BITS.contains(name) ? TensorType.Q8_0 : target;
    long columns = tensor.shape().columns();
    if (columns % wanted.blockSize() == 0) {
      return wanted;
    }
    return columns % TensorType.Q8_0.blockSize() == 0 ? TensorType.Q8_0 : tensor.type();
  }
}
