package ai.kolm.kernels;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
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
    List<Attention.Piece> pieces = attention.pieces();
    int[] ends = new int[pieces.size()]; // of their tasks
    int tasks = 0;
    for (int i = 0; i < ends.length; i++) {
      tasks += Math.ceilDiv(pieces.get(i).rows(), rows) * heads;
      ends[i] = tasks;
    }
    pool.run(
        tasks,
        (task, worker) -> {
          int i = Arrays.binarySearch(ends, task);
          i = i < 0 ? -i - 1 : i + 1;
          Attention.Piece piece = pieces.get(i);
          int inside = task - (i == 0 ? 0 : ends[i - 1]);
          int from = inside / heads * rows;
          int to = Math.min(piece.rows(), from + rows);
          scratch(attention, worker).attend(attention, piece, inside % heads, from, to);
        });
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
