package ai.kolm.kernels;

import static ai.kolm.kernels.x86.Register.R10;
import static ai.kolm.kernels.x86.Register.R11;
import static ai.kolm.kernels.x86.Register.R8;
import static ai.kolm.kernels.x86.Register.R9;
import static ai.kolm.kernels.x86.Register.RAX;
import static ai.kolm.kernels.x86.Register.RCX;
import static ai.kolm.kernels.x86.Register.RDX;
import static ai.kolm.kernels.x86.Register.RSI;
import static ai.kolm.kernels.x86.VectorOp.VADDPS;
import static ai.kolm.kernels.x86.VectorOp.VBROADCASTSS;
import static ai.kolm.kernels.x86.VectorOp.VDIVPS;
import static ai.kolm.kernels.x86.VectorOp.VMAXPS;
import static ai.kolm.kernels.x86.VectorOp.VMULPS;
import static ai.kolm.kernels.x86.VectorOp.VPAND;
import static ai.kolm.kernels.x86.VectorOp.VSUBPS;

import ai.kolm.kernels.x86.Assembler;
import ai.kolm.kernels.x86.Assembler.Arithmetic;
import ai.kolm.kernels.x86.Assembler.Condition;
import ai.kolm.kernels.x86.Register;
import ai.kolm.kernels.x86.Vectors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The scores of a tile of attention become exponentials: s = exp(s * SCALE - max), and 0 where a
 * row sees no position. The same operations in the same order as the scalar kernels, so the same
 * bits.
 *
 * <p>All rows in one call: while the sum of one row is reduced, the next has begun. What a row does
 * not see are the panels' columns before its first position and from its end on; a window over
 * zeros and ones tells them apart ({@link #windows}).
 */
final class SoftmaxCode {
  /** The first row's scores: 32 floats, then the next 32 at a stride. */
  static final int X = 0;

  static final int X_STRIDE = 1;

  /** Panels of 32 columns, at least 1. */
  static final int PANELS = 2;

  /** At least 1; 32 floats after each other. */
  static final int ROWS = 3;

  /** Per row two 64-bit integers: the first column that it sees, and the end of those. */
  static final int BOUNDS = 4;

  /** Receives per row 1 / sum of the exponentials, as floats. */
  static final int FACTORS = 5;

  static final int CONSTANTS = 6;

  /** A float. */
  static final int SCALE = 7;

  /** See {@link #windows}. */
  static final int WINDOWS = 8;

  /** Columns of the windows: seen, not seen, seen. */
  private static final int WINDOW = 3 * Panels.WIDTH;

  private static final int WINDOW_BYTES = WINDOW * Float.BYTES;

  private final Assembler a = new Assembler();
  private final Vectors v;
  private final Vectors quarter = new Vectors(a, 16);

  /** Vectors of a panel. */
  private final int vectors;

  /** How many accumulators make 16 lanes. */
  private final int accumulators;

  SoftmaxCode(int width) {
    v = new Vectors(a, width);
    vectors = Panels.WIDTH * Float.BYTES / width;
    accumulators = RowCode.LANES * Float.BYTES / width;
  }

  /**
   * A panel's width of columns that are seen, one of columns that are not, and one of seen ones
   * again: first all bits or none, to be combined with by "and"; then 0 or minus infinity, to be
   * added.
   */
  static MemorySegment windows(Arena arena) {
    MemorySegment windows = arena.allocate(2L * WINDOW_BYTES, Parameters.ALIGNMENT);
    for (int c = 0; c < WINDOW; c++) {
      boolean seen = c / Panels.WIDTH != 1;
      windows.setAtIndex(ValueLayout.JAVA_INT, c, seen ? -1 : 0);
      float added = seen ? 0 : Float.NEGATIVE_INFINITY;
      windows.setAtIndex(ValueLayout.JAVA_FLOAT, WINDOW + c, added);
    }
    return windows;
  }

  Assembler assemble() {
    a.endbr64();
    a.mov(RDX, Parameters.slot(CONSTANTS));
    a.mov(R10, Parameters.slot(WINDOWS));
    Assembler.Label row = a.here();
    maximum();
    exponentials();
    a.mov(RAX, Parameters.slot(FACTORS));
    quarter.storeFirst(RAX.at(0), 8);
    advance(FACTORS, Float.BYTES);
    advance(BOUNDS, 2 * Long.BYTES);
    advance(X, Panels.WIDTH * Float.BYTES);
    a.mov(RAX, Parameters.slot(ROWS));
    a.sub(RAX, 1);
    a.mov(Parameters.slot(ROWS), RAX);
    a.jump(Condition.NZ, row);
    a.vzeroupper();
    a.ret();
    return a;
  }

  private void advance(int slot, int bytes) {
    a.mov(RAX, Parameters.slot(slot));
    a.add(RAX, bytes);
    a.mov(Parameters.slot(slot), RAX);
  }

  /** Register 6: the maximum of what the row sees, scaled, in all lanes; 7: the scale. */
  private void maximum() {
    v.load(0, Constants.MINUS_INFINITY.in(RDX));
    v.copy(1, 0);
    a.mov(RAX, Parameters.slot(BOUNDS));
    // Columns from the first one of a panel to where windows begin; a panel moves both on.
    a.mov(RCX, Panels.WIDTH);
    a.mov(R9, RCX);
    a.arithmetic(Arithmetic.SUB, RCX, RAX.at(0));
    a.arithmetic(Arithmetic.SUB, R9, RAX.at(Long.BYTES));
    begin();
    Assembler.Label panel = a.here();
    Assembler.Label begun = a.label();
    Assembler.Label seen = a.label();
    a.arithmetic(Arithmetic.CMP, RCX, Panels.WIDTH);
    a.jump(Condition.GE, begun);
    hide(RCX, Panels.WIDTH);
    a.bind(begun);
    a.arithmetic(Arithmetic.CMP, R9, 1);
    a.jump(Condition.L, seen);
    hide(R9, 0);
    a.bind(seen);
    for (int i = 0; i < vectors; i++) {
      v.op(VMAXPS, i % accumulators, i % accumulators, RSI.at(i * v.width()));
    }
    a.add(RCX, Panels.WIDTH);
    a.add(R9, Panels.WIDTH);
    nextPanel(panel);
    RowCode.acrossLanes(v, VMAXPS, 0, 1);
    v.op(VBROADCASTSS, 6, 0);
    v.broadcast(7, Parameters.slot(SCALE));
    v.op(VMULPS, 6, 6, 7);
  }

  /**
   * Gives columns of the panel at RSI that the row does not see the score minus infinity, whatever
   * they had.
   *
   * @param columns has how far into the windows the panel begins, cut to 0 to 32
   * @param from column of the windows that 0 stands for
   */
  private void hide(Register columns, int from) {
    Assembler.Label least = a.label();
    Assembler.Label most = a.label();
    a.mov(R11, columns);
    a.arithmetic(Arithmetic.CMP, R11, 0);
    a.jump(Condition.GE, least);
    a.mov(R11, 0);
    a.bind(least);
    a.arithmetic(Arithmetic.CMP, R11, Panels.WIDTH);
    a.jump(Condition.L, most);
    a.mov(R11, Panels.WIDTH);
    a.bind(most);
    for (int i = 0; i < vectors; i++) {
      int at = from * Float.BYTES + i * v.width();
      v.load(2, RSI.at(i * v.width()));
      v.op(VPAND, 2, 2, R10.at(R11, Float.BYTES, at));
      v.op(VADDPS, 2, 2, R10.at(R11, Float.BYTES, WINDOW_BYTES + at));
      v.store(RSI.at(i * v.width()), 2);
    }
  }

  /** Leaves 1 / sum in the lowest lane of register 8. */
  private void exponentials() {
    v.zero(8);
    v.zero(9);
    begin();
    Assembler.Label panel = a.here();
    for (int i = 0; i < vectors; i++) {
      v.op(VMULPS, 1, 7, RSI.at(i * v.width()));
      v.op(VSUBPS, 1, 1, 6);
      Constants.exp(v, RDX, 2, 1, 3);
      v.op(VADDPS, 8 + i % accumulators, 8 + i % accumulators, 2);
      v.store(RSI.at(i * v.width()), 2);
    }
    nextPanel(panel);
    RowCode.acrossLanes(v, VADDPS, 8, 9);
    quarter.load(1, Constants.ONE.in(RDX));
    quarter.op(VDIVPS, 8, 1, 8);
  }

  private void begin() {
    a.mov(RSI, Parameters.slot(X));
    a.mov(R8, Parameters.slot(PANELS));
  }

  private void nextPanel(Assembler.Label loop) {
    a.arithmetic(Arithmetic.ADD, RSI, Parameters.slot(X_STRIDE));
    a.sub(R8, 1);
    a.jump(Condition.NZ, loop);
  }
}
