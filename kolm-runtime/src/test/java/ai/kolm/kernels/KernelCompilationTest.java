package ai.kolm.kernels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The just-in-time compilers take every kernel, at every tier. A method that the profiled tier of
 * C1 refuses ("out of virtual registers") runs a hundred times slower forever if HotSpot, short of
 * compiler threads, put it into the simple tier first: it never leaves that.
 */
class KernelCompilationTest {
  private static final Pattern KERNEL = Pattern.compile("ai\\.kolm\\.kernels\\.(Vector\\w+::\\w+)");

  @Test
  void noKernelIsRefusedByACompiler() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "-XX:TieredStopAtLevel=3",
                "-XX:Tier3InvocationThreshold=2",
                "-XX:Tier3MinInvocationThreshold=2",
                "-XX:Tier3CompileThreshold=2",
                "-XX:+PrintCompilation",
                "-cp",
                System.getProperty("java.class.path"),
                Exercise.class.getName())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertEquals(0, process.waitFor(), output);
    Set<String> compiled =
        KERNEL.matcher(output).results().map(m -> m.group(1)).collect(Collectors.toSet());
    assertTrue(compiled.size() > 20, () -> "kernels compiled: " + compiled);
    List<String> refused =
        output
            .lines()
            .filter(line -> line.contains("ai.kolm") && line.contains("retry at different tier"))
            .toList();
    assertEquals(List.of(), refused);
  }

  /** Runs every kernel often enough to be compiled, given the thresholds above. */
  static final class Exercise {
    private Exercise() {}

    public static void main(String[] args) {
      try (WorkerPool pool = new WorkerPool(1);
          Arena arena = Arena.ofConfined()) {
        Kernels kernels = new VectorKernels(pool, arena);
        for (TensorType type : TensorType.values()) {
          Matrix matrix = kernels.prepare(RandomTensors.matrix(type, 64, 256, 1), arena);
          for (int rows : new int[] {1, 13}) {
            Panels x = RandomTensors.activations(arena, rows, 256, 1);
            Panels y = Panels.allocate(arena, rows, 64);
            for (int i = 0; i < 3; i++) {
              kernels.multiply(x, new Matrix[] {matrix}, new Panels[] {y});
            }
          }
        }
        for (int i = 0; i < 3; i++) {
          Panels x = RandomTensors.activations(arena, 1, 96, 1);
          kernels.rmsNorm(x, ParameterVector.of(arena, new float[96]), 1e-5f, x);
          kernels.gate(x, x, Activation.SILU);
          kernels.gate(x, x, Activation.GELU_TANH);
        }
        for (KvCache.Precision precision : KvCache.Precision.values()) {
          attend(kernels, arena, precision);
        }
      }
    }

    private static void attend(Kernels kernels, Arena arena, KvCache.Precision precision) {
      Attention.Heads heads = new Attention.Heads(4, 2, 32, 1, 30);
      KvCache cache = new KvCache(arena, new KvCache.Layout(1, 2, 32, precision), 4);
      Panels q = RandomTensors.activations(arena, 70, 128, 1);
      Panels k = RandomTensors.activations(arena, 70, 64, 2);
      Panels result = Panels.allocate(arena, 70, 128);
      Attention attention = new Attention(heads, cache, q, result, 128);
      for (int i = 0; i < 3; i++) {
        attention.begin(List.of(new Attention.Piece(0, 70, 0, new int[] {0, 1, 2})));
        attention.layer(0, 50);
        kernels.store(attention, k, k);
        kernels.attend(attention);
      }
    }
  }
}
