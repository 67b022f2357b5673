package ai.kolm.benchmarks;

import ai.kolm.kernels.Activation;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.LayerNorm;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.ParameterVector;
import ai.kolm.kernels.Rotation;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Norms, gates, rotations and sums: what happens to rows between products. Matrices stay in the
 * caches, as they do between the products of a layer.
 *
 * <p>Work: numbers of the result. All sets give the same bits.
 */
@State(Scope.Benchmark)
public class RowBenchmark extends KernelBenchmark {
  private static final int HEAD = 64;
  private static final float EPS = 1e-5f;

  /** One kernel. */
  public enum Operation {
    RMS_NORM,
    LAYER_NORM,
    SWIGLU,
    GELU_GATE,
    GELU,
    ROTATE_HALVES,
    ROTATE_ADJACENT,
    ADD
  }

  /** All of them. */
  @Param public Operation operation;

  @Param({"128"})
  public int rows;

  @Param({"1536"})
  public int width;

  private Panels source;
  private Panels other;
  private Panels result;
  private ParameterVector weight;
  private ParameterVector bias;
  private Rotation rotation;

  /** Makes matrices of a fixed seed. */
  @Setup(Level.Trial)
  public void prepare() {
    open(false);
    Random random = new Random(3);
    source = random(random, rows, width);
    other = random(random, rows, width);
    result = Panels.allocate(arena, rows, width);
    weight = ParameterVector.of(arena, numbers(random));
    bias = ParameterVector.of(arena, numbers(random));
    boolean halves = operation == Operation.ROTATE_HALVES;
    rotation =
        new Rotation(
            arena, rows, HEAD, HEAD, halves ? Rotation.Pairing.HALVES : Rotation.Pairing.ADJACENT);
    float[] frequencies = new float[HEAD / 2];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = (float) Math.pow(10_000, -2.0 * i / HEAD);
    }
    for (int row = 0; row < rows; row++) {
      rotation.setRow(row, row, frequencies, 1);
    }
  }

  private float[] numbers(Random random) {
    float[] numbers = new float[width];
    for (int i = 0; i < width; i++) {
      numbers[i] = 1 + 0.1f * (float) random.nextGaussian();
    }
    return numbers;
  }

  /** Most kernels work in place, and again and again numbers would vanish or grow. */
  @Setup(Level.Invocation)
  public void restore() {
    result.copy(source);
  }

  /** The kernel. */
  @Benchmark
  public Panels run(Work done) {
    apply(set, result);
    done.work += (long) rows * width;
    return result;
  }

  private void apply(Kernels kernels, Panels x) {
    switch (operation) {
      case RMS_NORM -> kernels.rmsNorm(x, weight, EPS, x);
      case LAYER_NORM -> kernels.layerNorm(x, new LayerNorm(weight, bias, EPS));
      case SWIGLU -> kernels.gate(x, other, Activation.SILU);
      case GELU_GATE -> kernels.gate(x, other, Activation.GELU_TANH);
      case GELU -> kernels.gelu(x);
      case ROTATE_HALVES, ROTATE_ADJACENT -> kernels.rotate(x, rotation);
      case ADD -> kernels.add(x, other, 0.5f);
    }
  }

  /** Compares the result with that of the specification. */
  @TearDown(Level.Trial)
  public void check() {
    Panels expected = Panels.allocate(arena, rows, width);
    expected.copy(source);
    apply(scalar, expected);
    for (int row = 0; row < rows; row++) {
      check(result, row, expected, row, 0);
    }
    close();
  }
}
