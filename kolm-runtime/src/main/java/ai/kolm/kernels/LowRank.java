package ai.kolm.kernels;

import java.lang.foreign.Arena;

/**
 * A trainable product of low rank beside a frozen matrix (LoRA: Hu et al. 2021):
 *
 * <pre>{@code
 * y += scale * B (A x)      A (rank, inputs), B (outputs, rank)
 * }</pre>
 *
 * <p>B is kept transposed, so that both have {@code rank} rows: in that form sums over tokens give
 * their gradients. Products of activations want them the other way, too; {@link #refresh} makes
 * those copies after each change.
 *
 * <p>Panel-major, single precision. Not thread-safe.
 */
public final class LowRank {
  private final int rank;
  private final float scale;
  private final Panels a; // (rank, inputs)
  private final Panels b; // (rank, outputs): B transposed
  private final Panels aTurned; // (inputs, rank)
  private final Panels bTurned; // (outputs, rank)
  private final Panels aGradient; // (rank, inputs)
  private final Panels bGradient; // (rank, outputs)

  /**
   * All zero.
   *
   * @param scale alpha / rank
   */
  public LowRank(Arena arena, int inputs, int outputs, int rank, float scale) {
    this.rank = rank;
    this.scale = scale;
    a = Panels.allocate(arena, rank, inputs);
    b = Panels.allocate(arena, rank, outputs);
    aTurned = Panels.allocate(arena, inputs, rank);
    bTurned = Panels.allocate(arena, outputs, rank);
    aGradient = Panels.allocate(arena, rank, inputs);
    bGradient = Panels.allocate(arena, rank, outputs);
  }

  /** Rows of A. */
  public int rank() {
    return rank;
  }

  /** Factor on the product. */
  public float scale() {
    return scale;
  }

  /** Columns of A. */
  public int inputs() {
    return a.width();
  }

  /** Rows of B. */
  public int outputs() {
    return b.width();
  }

  /** A, (rank, inputs); call {@link #refresh} after changes. */
  public Panels a() {
    return a;
  }

  /** B transposed, (rank, outputs); call {@link #refresh} after changes. */
  public Panels b() {
    return b;
  }

  /** Gradient of {@link #a()}; added to until it is cleared. */
  public Panels aGradient() {
    return aGradient;
  }

  /** Gradient of {@link #b()}; added to until it is cleared. */
  public Panels bGradient() {
    return bGradient;
  }

  /** A transposed, (inputs, rank). */
  Panels aTurned() {
    return aTurned;
  }

  /** B, (outputs, rank). */
  Panels bTurned() {
    return bTurned;
  }

  /** Brings the transposed copies up to date. */
  public void refresh() {
    Transpose.turn(a, aTurned);
    Transpose.turn(b, bTurned);
  }

  /** Sets both gradients to zero. */
  public void clearGradients() {
    aGradient.data().fill((byte) 0);
    bGradient.data().fill((byte) 0);
  }

  /** Bytes of all six matrices. */
  public static long bytes(int inputs, int outputs, int rank) {
    long padded = Panels.roundUp(rank);
    long rows = 2L * rank * (Panels.roundUp(inputs) + Panels.roundUp(outputs));
    return Float.BYTES * (rows + padded * (inputs + outputs));
  }
}
