package ai.kolm.kernels;

import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/** Kernels that work on packed weights and compute attention in tiles of query rows. */
abstract sealed class TiledKernels extends Kernels permits VectorKernels, EmittedKernels {
  private final Arena arena;
  private final @Nullable TileAttention[] attentions;

  /**
   * @param arena for scratch memory
   */
  TiledKernels(WorkerPool pool, Arena arena) {
    super(pool);
    this.arena = arena;
    attentions = new TileAttention[pool.size()];
  }

  @Override
  public final void attend(Attention attention) {
    attention.result().reshape(attention.queries().rows());
    int heads = attention.heads().keyValues();
    int rows = TileAttention.rowsPerTask(attention.heads());
    for (Attention.Piece piece : attention.pieces()) {
      int tiles = (piece.rows() + rows - 1) / rows;
      pool.run(
          tiles * heads,
          (task, worker) -> {
            int from = task / heads * rows;
            int to = Math.min(piece.rows(), from + rows);
            scratch(attention, worker).attend(attention, piece, task % heads, from, to);
          });
    }
  }

  private TileAttention scratch(Attention attention, int worker) {
    TileAttention mine = attentions[worker];
    if (mine == null) {
      mine = attention(arena, attention, worker);
      attentions[worker] = mine;
    }
    return mine;
  }

  /** Scratch of one worker for attention of this kind. */
  abstract TileAttention attention(Arena memory, Attention attention, int worker);
}
