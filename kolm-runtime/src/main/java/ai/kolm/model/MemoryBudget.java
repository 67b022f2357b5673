package ai.kolm.model;

import ai.kolm.tensor.Tensor;
import ai.kolm.weights.WeightFile;
import java.util.OptionalLong;

/**
 * What a model may take for keys and values, worked out before anything is allocated: keys and
 * values come bit by bit while requests run, and where the system's memory ends there is no error
 * to report, only a process that is gone.
 *
 * @param process memory of this process; empty if unknown
 * @param heap the most that the Java heap may grow to
 * @param weights bytes of the model's weights
 * @param asked the most to take for keys and values
 */
public record MemoryBudget(OptionalLong process, long heap, long weights, long asked) {
  /** Code, stacks, buffers, and what the JVM needs beside its heap. */
  private static final long RESERVE = 200L << 20;

  private static final long MIB = 1L << 20;

  /** The budget of this process. */
  public static MemoryBudget of(WeightFile weights, long asked) {
    long bytes = weights.tensors().stream().map(Tensor::data).mapToLong(d -> d.byteSize()).sum();
    return new MemoryBudget(ProcessMemory.limit(), Runtime.getRuntime().maxMemory(), bytes, asked);
  }

  /**
   * Bytes for keys and values.
   *
   * @param activations bytes for everything else that the model computes with
   */
  long cacheBytes(long activations) {
    return process.isEmpty() ? asked : Math.min(asked, left(activations));
  }

  private long left(long activations) {
    return process.orElseThrow() - heap - weights - activations - RESERVE;
  }

  /** Why there is not more, as a clause. */
  String reason(long activations) {
    return cacheBytes(activations) == asked
        ? "keys and values may take %,d MiB".formatted(asked / MIB)
        : ("of %,d MiB memory the heap may take %,d (-Xmx), weights take %,d, computing %,d, and"
                + " %,d MiB are left for keys and values")
            .formatted(
                process.orElseThrow() / MIB,
                heap / MIB,
                weights / MIB,
                (activations + RESERVE) / MIB,
                Math.max(0, left(activations) / MIB));
  }
}
