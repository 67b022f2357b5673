package ai.kolm.kernels;

import java.util.List;

/**
 * Attention of one batch over the key-value cache (Vaswani et al. 2017; grouped queries: Ainslie et
 * al. 2023). Of query head h of the row at position p:
 *
 * <pre>{@code
 * kv       = h / (queries / keyValues)
 * first    = window == 0 ? 0 : max(0, p - window + 1)
 * end      = sight == CAUSAL ? p + 1 : the end of the sequence
 * s[j]     = scale * sum over d of q[d] * key[kv][j][d]            first <= j < end
 * s[j]     = softCap * tanh(s[j] / softCap)                        if softCap > 0
 * e[j]     = exp(s[j] - max s)
 * out[d]   = sum over j of e[j] * value[kv][j][d]  /  sum of e
 * }</pre>
 *
 * <p>Orders: over d and j ascending, one chain of fused multiply-adds; the sum of e in 16 partial
 * sums by j % 16, halves added pairwise.
 *
 * <p>One object serves all layers of a batch: {@link #layer} moves it on. One thread at a time.
 */
public final class Attention {

  /**
   * The heads of a model.
   *
   * @param queries query heads
   * @param keyValues key-value heads; divides {@code queries}
   * @param dim dimensions of a head
   * @param scale factor on scores
   * @param softCap bound on scores, 0 for none
   */
  public record Heads(int queries, int keyValues, int dim, float scale, float softCap) {
    /**
     * @throws IllegalArgumentException if the numbers do not fit together
     */
    public Heads {
      if (keyValues < 1 || queries < keyValues || queries % keyValues != 0 || dim < 2) {
        throw new IllegalArgumentException(
            "%d query heads over %d key-value heads of %d dimensions"
                .formatted(queries, keyValues, dim));
      }
    }

    /** Query heads per key-value head. */
    public int group() {
      return queries / keyValues;
    }
  }

  /**
   * Rows of the batch that are consecutive positions of one sequence.
   *
   * @param row the first
   * @param rows how many
   * @param position of the first
   * @param blocks cache blocks of the sequence: {@code blocks[p / 32]} holds position p
   */
  public record Piece(int row, int rows, int position, int[] blocks) {
    /**
     * @throws IllegalArgumentException if the blocks do not cover the positions
     */
    public Piece {
      if (rows < 1
          || position < 0
          || blocks.length * (long) KvCache.BLOCK < position + (long) rows) {
        throw new IllegalArgumentException(
            "%d rows at position %d in %d blocks".formatted(rows, position, blocks.length));
      }
    }

    int block(int at) {
      return blocks[at / KvCache.BLOCK];
    }

    /** The position after the last row. */
    int end() {
      return position + rows;
    }
  }

  /** Which positions a row sees. */
  public enum Sight {
    /** Those up to its own: a decoder, which must not know what follows. */
    CAUSAL,
    /** All of its sequence, which must come as one piece: an encoder. */
    WHOLE
  }

  private final Heads heads;
  private final Sight sight;
  private final KvCache cache;
  private final Panels queries;
  private final Panels result;
  private final int contextLength;
  private List<Piece> pieces = List.of();
  private int layer;
  private int window;

  /**
   * @param queries (rows, heads * dim), rotated
   * @param result the same shape; receives the answer
   * @param contextLength positions are below this
   */
  public Attention(Heads heads, KvCache cache, Panels queries, Panels result, int contextLength) {
    this(heads, Sight.CAUSAL, cache, queries, result, contextLength);
  }

  /** As above, with the positions that a row sees. */
  public Attention(
      Heads heads, Sight sight, KvCache cache, Panels queries, Panels result, int contextLength) {
    this.heads = heads;
    this.sight = sight;
    this.cache = cache;
    this.queries = queries;
    this.result = result;
    this.contextLength = contextLength;
  }

  /** Begins a batch. Makes sure that the cache has memory for its positions. */
  public void begin(List<Piece> newPieces) {
    pieces = List.copyOf(newPieces);
    for (Piece piece : pieces) {
      for (int at = piece.position(); at < piece.end(); at++) {
        cache.require(piece.block(at));
      }
    }
  }

  /**
   * Moves to a layer.
   *
   * @param newWindow positions a row sees, its own included; 0 for all
   */
  public void layer(int newLayer, int newWindow) {
    layer = newLayer;
    window = newWindow;
  }

  Heads heads() {
    return heads;
  }

  KvCache cache() {
    return cache;
  }

  Panels queries() {
    return queries;
  }

  Panels result() {
    return result;
  }

  int contextLength() {
    return contextLength;
  }

  List<Piece> pieces() {
    return pieces;
  }

  int layer() {
    return layer;
  }

  /** The first position that the row at {@code position} sees. */
  int first(int position) {
    return window == 0 ? 0 : Math.max(0, position - window + 1);
  }

  /** The position after the last one that row {@code index} of a piece sees. */
  int end(Piece piece, int index) {
    return sight == Sight.CAUSAL ? piece.position() + index + 1 : piece.end();
  }

  /** Stores keys and values of the rows {@code [from, to)} of the batch. */
  void store(Panels keys, Panels values, int from, int to) {
    eachRun(
        from,
        to,
        (row, rows, block, slot) -> {
          for (int i = 0; i < rows; i++) {
            cache.store(layer, block, slot + i, keys, values, row + i);
          }
        });
  }

  /** Rows whose positions lie together in a block of the cache. */
  interface Run {
    /**
     * @param row the first
     * @param slot its position in the block
     */
    void store(int row, int rows, int block, int slot);
  }

  /** Calls {@code run} for the rows {@code [from, to)} of the batch. */
  void eachRun(int from, int to, Run run) {
    for (Piece piece : pieces) {
      int row = Math.max(from, piece.row());
      int end = Math.min(to, piece.row() + piece.rows());
      while (row < end) {
        int at = piece.position() + row - piece.row();
        int slot = at % KvCache.BLOCK;
        int rows = Math.min(end - row, KvCache.BLOCK - slot);
        run.store(row, rows, piece.block(at), slot);
        row += rows;
      }
    }
  }
}
