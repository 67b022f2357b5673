package ai.kolm.training;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import ai.kolm.kernels.Panels;
import ai.kolm.model.LoraWeights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Moves the weights of an adapter against their gradients (Loshchilov and Hutter 2019):
 *
 * <pre>{@code
 * m  = beta1 * m + (1 - beta1) * g
 * v  = beta2 * v + (1 - beta2) * g^2
 * w -= rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)  +  rate * decay * w
 * }</pre>
 *
 * <p>Not thread-safe.
 */
final class AdamW {
  private final LoraWeights lora;
  private final OptimizerSettings settings;
  private final List<Tensor> tensors = new ArrayList<>();

  /**
   * One matrix.
   *
   * @param name {@code layers.3.self_attn.q_proj.a}
   * @param mean of gradients, in the shape of the value
   * @param square mean of squares
   */
  record Tensor(String name, Panels value, Panels gradient, Panels mean, Panels square) {}

  /**
   * @param arena owns the memory of means
   */
  AdamW(LoraWeights lora, OptimizerSettings settings, Arena arena) {
    this.lora = lora;
    this.settings = settings;
    lora.forEach(
        (layer, module, pair) -> {
          String name = "layers.%d.%s".formatted(layer, module.path());
          add(name + ".a", pair.a(), pair.aGradient(), arena);
          add(name + ".b", pair.b(), pair.bGradient(), arena);
        });
  }

  private void add(String name, Panels value, Panels gradient, Arena arena) {
    Panels mean = Panels.allocate(arena, value.rows(), value.width());
    Panels square = Panels.allocate(arena, value.rows(), value.width());
    tensors.add(new Tensor(name, value, gradient, mean, square));
  }

  /** All matrices, in their order. */
  List<Tensor> tensors() {
    return tensors;
  }

  /**
   * The Euclidean norm of all gradients, summed in double precision matrix by matrix.
   *
   * @throws TrainingException naming the first matrix whose gradient is not finite
   */
  double norm() throws TrainingException {
    double sum = 0;
    for (Tensor tensor : tensors) {
      double squares = squares(tensor.gradient().data());
      if (!Double.isFinite(squares)) {
        throw new TrainingException(
            TrainingException.Reason.NOT_FINITE,
            "the gradient of %s is not finite".formatted(tensor.name()));
      }
      sum += squares;
    }
    return Math.sqrt(sum);
  }

  /** Elements that fill the last panel up are zero. */
  static double squares(MemorySegment values) {
    double sum = 0;
    for (long at = 0; at < values.byteSize(); at += Float.BYTES) {
      double g = values.get(JAVA_FLOAT, at);
      sum += g * g;
    }
    return sum;
  }

  /**
   * Takes a step and clears the gradients.
   *
   * @param step 1-based
   * @param norm of all gradients
   */
  void step(int step, double rate, double norm) {
    double cut = settings.clip() > 0 && norm > settings.clip() ? settings.clip() / norm : 1;
    double size = rate / (1 - Math.pow(settings.beta1(), step));
    double root = 1 / Math.sqrt(1 - Math.pow(settings.beta2(), step));
    float keep = (float) (1 - rate * settings.weightDecay());
    for (Tensor tensor : tensors) {
      move(tensor, (float) cut, (float) size, (float) root, keep);
    }
    lora.forEach(
        (_, _, pair) -> {
          pair.refresh();
          pair.clearGradients();
        });
  }

  private void move(Tensor tensor, float cut, float size, float root, float keep) {
    MemorySegment w = tensor.value().data();
    MemorySegment g = tensor.gradient().data();
    MemorySegment m = tensor.mean().data();
    MemorySegment v = tensor.square().data();
    float beta1 = (float) settings.beta1();
    float beta2 = (float) settings.beta2();
    float rest1 = (float) (1 - settings.beta1());
    float rest2 = (float) (1 - settings.beta2());
    float epsilon = (float) settings.epsilon();
    for (long at = 0; at < w.byteSize(); at += Float.BYTES) {
      float gradient = g.get(JAVA_FLOAT, at) * cut;
      float mean = beta1 * m.get(JAVA_FLOAT, at) + rest1 * gradient;
      float square = beta2 * v.get(JAVA_FLOAT, at) + rest2 * gradient * gradient;
      m.set(JAVA_FLOAT, at, mean);
      v.set(JAVA_FLOAT, at, square);
      float step = size * mean / ((float) Math.sqrt(square) * root + epsilon);
      w.set(JAVA_FLOAT, at, w.get(JAVA_FLOAT, at) * keep - step);
    }
  }
}
