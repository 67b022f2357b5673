package ai.kolm.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.kolm.kernels.x86.CpuFeatures;
import ai.kolm.kernels.x86.Simulator;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Machine code packs to the bytes of {@link MatrixPacker}, wherever it runs. */
final class PackCodeTest {
  private static final Arena ARENA = Arena.ofShared();
  private static final WorkerPool POOL = new WorkerPool(2);
  private static final List<Kernels> SETS = sets();

  /** A simulated processor, and this one if it can. */
  private static List<Kernels> sets() {
    CpuFeatures least = new CpuFeatures(true, false, false, false);
    List<Kernels> sets = new ArrayList<>();
    sets.add(new EmittedKernels(new WorkerPool(1), ARENA, least, new Simulator(), false));
    if (KernelSelection.emittedObstacle().isEmpty()) {
      sets.add(KernelSelection.forced(KernelSelection.Set.EMITTED).create(POOL, ARENA));
    }
    return sets;
  }

  @AfterAll
  static void close() {
    POOL.close();
    ARENA.close();
  }

  /** Memory that is not zero. */
  private static MemorySegment dirty(long bytes, long alignment) {
    return ARENA.allocate(bytes, alignment).fill((byte) 0x5A);
  }

  private static PackedMatrix expected(Tensor tensor) {
    Encoding encoding = Encoding.of(tensor.type()).orElseThrow().compact();
    return MatrixPacker.pack(new Matrix.Plain(tensor), encoding, PackCodeTest::dirty, POOL);
  }

  private static void check(Tensor tensor) {
    PackedMatrix expected = expected(tensor);
    for (Kernels kernels : SETS) {
      Matrix matrix = kernels.prepare(tensor, PackCodeTest::dirty);
      PackedMatrix actual = assertInstanceOf(PackedMatrix.class, matrix);
      assertEquals(expected.encoding(), actual.encoding());
      String what = "%s %s, %s".formatted(tensor.type(), tensor.shape(), kernels.name());
      assertEquals(-1, expected.data().mismatch(actual.data()), what);
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {"Q2_K", "Q3_K", "MXFP4"},
      mode = EnumSource.Mode.EXCLUDE)
  void bytesAreThoseOfTheJavaPacker(TensorType type) {
    boolean large = type.blockSize() == Encoding.SUPER_BLOCK;
    int[] widths = large ? new int[] {256, 512, 1024} : new int[] {32, 64, 96, 256, 288, 608, 1024};
    for (int columns : widths) {
      for (int rows : new int[] {1, 15, 16, 17, 32, 33, 70, 96}) {
        check(RandomTensors.matrix(type, rows, columns, rows + columns));
      }
    }
  }

  /** More rows than one call takes, and such that a group is more than that. */
  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q6_K", "F16"})
  void callsContinueEachOther(TensorType type) {
    check(RandomTensors.matrix(type, 1030, 512, 7));
    check(RandomTensors.matrix(type, 50, 12 << 10, 8));
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16", "F32"})
  void columnsNeedNotBeWholeBlocks(TensorType type) {
    check(RandomTensors.matrix(type, 21, 258, 9));
  }

  /** Each number that may be infinite or none, in a row and a block somewhere. */
  @ParameterizedTest
  @EnumSource(names = {"Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q6_K", "F16", "BF16", "F32"})
  void whatIsNotFiniteIsRefusedByRow(TensorType type) {
    int columns = 768;
    int rows = 64;
    int[] places =
        switch (type) {
          case Q4_1, Q4_K -> new int[] {0, 2};
          case Q6_K -> new int[] {208};
          case F32 -> new int[] {2};
          default -> new int[] {0};
        };
    for (int place : places) {
      for (int bits : type == TensorType.BF16 || type == TensorType.F32 ? FLOATS : HALVES) {
        Tensor tensor = RandomTensors.matrix(type, rows, columns, 3);
        long last = tensor.data().byteSize() - type.blockBytes();
        long middle = 19 * tensor.rowBytes() + type.blockBytes();
        for (long block : new long[] {0, middle, last}) {
          long at = block + place;
          short before = tensor.data().get(ValueLayout.JAVA_SHORT_UNALIGNED, at);
          tensor.data().set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) bits);
          String message = refusal(() -> expected(tensor));
          assertEquals(row(tensor, block), message, "the packer of Java");
          for (Kernels kernels : SETS) {
            assertEquals(message, refusal(() -> kernels.prepare(tensor, PackCodeTest::dirty)));
          }
          tensor.data().set(ValueLayout.JAVA_SHORT_UNALIGNED, at, before);
        }
        check(tensor);
      }
    }
  }

  /** Infinite, negative infinite, not a number. */
  private static final int[] HALVES = {0x7C00, 0xFC00, 0x7C01, 0x7FFF};

  /** The same, as the upper half of a single. */
  private static final int[] FLOATS = {0x7F80, 0xFF80, 0x7F81, 0x7FFF};

  private static String row(Tensor tensor, long at) {
    return "tensor %s, row %d: a weight is not finite"
        .formatted(tensor.name(), at / tensor.rowBytes());
  }

  private static String refusal(Runnable packing) {
    return String.valueOf(assertThrows(IllegalArgumentException.class, packing::run).getMessage());
  }
}
