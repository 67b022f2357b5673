package ai.kolm.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import ai.kolm.benchmarks.KernelBenchmark;
import ai.kolm.kernels.x86.CodeMemory;
import ai.kolm.kernels.x86.CpuFeatures;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Activations rounded to integers of 16 or 8 bits before a product ({@link QuantizeCode}), which
 * only emitted kernels do; the scalar form is plain loops.
 *
 * <p>Work: numbers. Scales must have the bits of the plain loops, and the integers of a block must
 * be the same ones in any order, which is the business of the products.
 */
@State(Scope.Benchmark)
public class RoundingBenchmark extends KernelBenchmark {
  private static final int ROWS = 128;
  private static final int WIDTH = 1536;

  @Param({"16", "8"})
  public int bits;

  private Rounding rounding;
  private Panels x;
  private QuantizedRows quantized;
  private int tileRows;
  private float[] row;
  private int[] integers;

  /**
   * Makes the activations.
   *
   * @throws IllegalStateException if the kernels multiply with activations as they are
   */
  @Setup(Level.Trial)
  public void prepare() {
    open(false);
    if (kernels == KernelSelection.Set.VECTOR) {
      throw new IllegalStateException("vector kernels multiply with activations as they are");
    }
    rounding = bits == 8 ? Rounding.BYTES : Rounding.WORDS;
    x = random(new Random(7), ROWS, WIDTH);
    row = new float[WIDTH];
    integers = new int[WIDTH];
    if (kernels == KernelSelection.Set.EMITTED) {
      CodeMemory space = new CodeMemory();
      EmittedCode code = new EmittedCode(CpuFeatures.detect(space), space, false);
      Parameters[] parameters = new Parameters[pool.size()];
      Arrays.setAll(parameters, _ -> new Parameters(arena));
      quantized = new QuantizedRows(pool, arena, code, Constants.table(arena), parameters);
      tileRows = code.recordRows();
    }
  }

  /** Rounds all rows. */
  @Benchmark
  public Object round(Work done) {
    done.work += (long) ROWS * WIDTH;
    if (kernels == KernelSelection.Set.EMITTED) {
      quantized.quantize(x, rounding);
      return quantized;
    }
    for (int r = 0; r < ROWS; r++) {
      x.copyRow(r, row);
      for (int at = 0; at < WIDTH; at += Encoding.BLOCK) {
        roundBlock(at);
      }
    }
    return integers;
  }

  /** Rounds the block at {@code at} of the row and returns its scale. */
  private float roundBlock(int at) {
    float max = 0;
    for (int i = at; i < at + Encoding.BLOCK; i++) {
      max = Math.max(max, Math.abs(row[i]));
    }
    float inverse = rounding.largest() / Math.max(max, 1e-30f);
    for (int i = at; i < at + Encoding.BLOCK; i++) {
      integers[i] = (int) Math.rint(row[i] * inverse);
    }
    return max * (1f / rounding.largest());
  }

  /** Compares every block with the plain loops. */
  @TearDown(Level.Trial)
  public void check() {
    for (int r = 0; kernels == KernelSelection.Set.EMITTED && r < ROWS; r++) {
      x.copyRow(r, row);
      for (int at = 0; at < WIDTH; at += Encoding.BLOCK) {
        check(r, at);
      }
    }
    close();
  }

  @SuppressWarnings("restricted") // the benchmark's own memory
  private void check(int r, int at) {
    long bytes = QuantizedRows.recordBytes(rounding, tileRows);
    long address =
        quantized.integers() + r / tileRows * quantized.tileBytes() + at / Encoding.BLOCK * bytes;
    MemorySegment rounded = MemorySegment.ofAddress(address).reinterpret(bytes);
    int lane = r % tileRows;
    float scale = roundBlock(at);
    int[] expected = Arrays.copyOfRange(integers, at, at + Encoding.BLOCK);
    int[] got = new int[Encoding.BLOCK];
    for (int i = 0; i < got.length; i++) {
      int index = lane * Encoding.BLOCK + i;
      got[i] =
          bits == 8 ? rounded.getAtIndex(JAVA_BYTE, index) : rounded.getAtIndex(JAVA_SHORT, index);
    }
    Arrays.sort(expected);
    Arrays.sort(got);
    long scaleAt = QuantizedRows.scales(rounding, tileRows) + (long) lane * Float.BYTES;
    if (!Arrays.equals(expected, got) || rounded.get(JAVA_FLOAT, scaleAt) != scale) {
      throw new AssertionError("row %d, column %d is rounded otherwise".formatted(r, at));
    }
  }
}
