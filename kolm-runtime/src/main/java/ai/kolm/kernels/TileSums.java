package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.RAX;

import ai.kolm.kernels.x86.Address;
import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Vectors;
import java.util.function.ObjIntConsumer;

/**
 * The sums of a tile in floats, (rows, 32), as the first registers of a kernel: row by row.
 *
 * @param result slot with the address of the first row of the result
 * @param resultStride slot with the bytes from a row of the result to the next
 */
record TileSums(Assembler a, Vectors v, int rows, int result, int resultStride) {
  /** The registers of a row. */
  int parts() {
    return Panels.WIDTH * Float.BYTES / v.width();
  }

  /** How many registers all sums take. */
  int count() {
    return rows * parts();
  }

  int register(int row, int part) {
    return row * parts() + part;
  }

  /**
   * Sums are zero, or what the result has. Uses R10 and RAX.
   *
   * @param start slot: 0 for zeros
   */
  void begin(int start) {
    begin(a, v, start, 0, count(), () -> each((address, sum) -> v.load(sum, address)));
  }

  /**
   * Registers are zero, or what {@code load} puts there. Uses RAX.
   *
   * @param start slot: 0 for zeros
   * @param first of {@code count} registers
   */
  static void begin(Assembler a, Vectors v, int start, int first, int count, Runnable load) {
    begin(a, start, () -> zeros(v, first, count), load);
  }

  private static void zeros(Vectors v, int first, int count) {
    for (int sum = first; sum < first + count; sum++) {
      v.zero(sum);
    }
  }

  /** The same of registers of any kind, which {@code zero} clears. Uses RAX. */
  static void begin(Assembler a, int start, Runnable zero, Runnable load) {
    Assembler.Label zeros = a.label();
    Assembler.Label end = a.label();
    a.mov(RAX, Parameters.slot(start));
    a.arithmetic(Arithmetic.CMP, RAX, 0);
    a.jump(Condition.Z, zeros);
    load.run();
    a.jump(end);
    a.bind(zeros);
    zero.run();
    a.bind(end);
  }

  /** Puts the sums into the result; R10 ends after its last row. */
  void store() {
    each(v::store);
  }

  private void each(ObjIntConsumer<Address> move) {
    a.mov(R10, Parameters.slot(result));
    for (int row = 0; row < rows; row++) {
      for (int part = 0; part < parts(); part++) {
        move.accept(R10.at(part * v.width()), register(row, part));
      }
      a.arithmetic(Arithmetic.ADD, R10, Parameters.slot(resultStride));
    }
  }
}
