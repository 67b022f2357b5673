package ai.kolm.kernels;

import ai.kolm.kernels.x86.Routine;
import ai.kolm.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.Arrays;

/**
 * Turns tensors into {@link PackedMatrix} with {@link PackCode}: the same bytes as {@link
 * MatrixPacker}, without waiting for Java to be compiled.
 *
 * <p>Rows are copied before machine code reads them. A file that is cut off while it is mapped then
 * shows as an {@code InternalError}, as it does where Java reads it.
 */
final class EmittedPacker {
  /** Bytes of rows that are packed by one call, unless a group has more: they stay in the cache. */
  private static final long CALL_BYTES = 96 << 10;

  private final EmittedCode code;
  private final WorkerPool pool;
  private final Arena arena;
  private final Parameters[] parameters;

  /** By worker; grows. */
  private final MemorySegment[] copies;

  /**
   * @param arena for copies of rows
   * @param parameters one per worker
   */
  EmittedPacker(EmittedCode code, WorkerPool pool, Arena arena, Parameters[] parameters) {
    this.code = code;
    this.pool = pool;
    this.arena = arena;
    this.parameters = parameters;
    this.copies = new MemorySegment[parameters.length];
    Arrays.fill(copies, MemorySegment.NULL);
  }

  /** Whether a routine takes such a matrix. */
  private static boolean canPack(Tensor tensor, Encoding encoding) {
    // Rows that a panel lacks are rows of zeros, and have to become zeros.
    boolean zeros = encoding != Encoding.Q6_K || tensor.shape().rows() % Panels.WIDTH == 0;
    return zeros
        && PackCode.packs(encoding)
        && tensor.shape().columns() % PackCode.blockColumns(encoding) == 0;
  }

  /**
   * Packs a matrix with all workers, by a routine if there is one.
   *
   * @throws IllegalArgumentException if a weight or scale is not finite; names tensor and row
   */
  PackedMatrix pack(Matrix.Plain matrix, Encoding encoding, SegmentAllocator memory) {
    Tensor tensor = matrix.tensor();
    if (!canPack(tensor, encoding)) {
      return MatrixPacker.pack(matrix, encoding, memory, pool);
    }
    PackedMatrix packed = PackedMatrix.allocate(matrix, encoding, memory);
    long groupBytes = Encoding.GROUP * tensor.rowBytes();
    int together = (int) Math.max(1, CALL_BYTES / groupBytes);
    reserve(together * groupBytes);
    Routine routine = code.pack(encoding);
    int groups = PackedMatrix.groups(matrix.rows());
    boolean[] finite = new boolean[pool.size()];
    Arrays.fill(finite, true);
    pool.run(
        Math.ceilDiv(groups, together),
        (task, worker) -> {
          int from = task * together;
          int to = Math.min(from + together, groups);
          finite[worker] &= pack(tensor, packed, from, to, routine, worker);
        });
    for (boolean all : finite) {
      if (!all) {
        return MatrixPacker.pack(matrix, encoding, memory, pool); // which says where
      }
    }
    MatrixPacker.unload(tensor);
    return packed;
  }

  private void reserve(long bytes) {
    for (int i = 0; i < copies.length; i++) {
      if (copies[i].byteSize() < bytes) {
        copies[i] = arena.allocate(bytes, Parameters.ALIGNMENT);
      }
    }
  }

  /** Packs groups {@code [from, to)}; false if a weight is not finite. */
  private boolean pack(
      Tensor tensor, PackedMatrix packed, int from, int to, Routine routine, int worker) {
    MemorySegment copy = copies[worker];
    long groupBytes = Encoding.GROUP * tensor.rowBytes();
    long start = from * groupBytes;
    long bytes = (to - from) * groupBytes;
    long there = Math.clamp(tensor.data().byteSize() - start, 0, bytes);
    if (there > 0) {
      MemorySegment.copy(tensor.data(), start, copy, 0, there);
    }
    copy.asSlice(there, bytes - there).fill((byte) 0); // rows of a panel that the matrix lacks
    int columns = packed.columns();
    int lastBlocks = columns % Encoding.SUPER_BLOCK / Encoding.BLOCK;
    Parameters p = parameters[worker];
    p.set(PackCode.SOURCE, copy.address());
    p.set(PackCode.STRIDE, tensor.rowBytes());
    p.set(PackCode.GROUPS, to - from);
    p.set(PackCode.TARGET, packed.data().asSlice(from * packed.groupBytes()).address());
    p.set(PackCode.BLOCKS, columns / PackCode.blockColumns(packed.encoding()));
    p.set(PackCode.LAST_SCALES, PackedMatrix.scaleBytes(packed.encoding(), lastBlocks));
    routine.call(p.address());
    return (p.get(PackCode.FINITE) & p.get(PackCode.FINITE + 1) & PackCode.ALL_FINITE)
        == PackCode.ALL_FINITE;
  }
}
