package ai.kolm.model;

import ai.kolm.kernels.Attention;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.KvCache;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.WorkerPool;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.Weights;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;

/**
 * A BERT-type encoder (Devlin et al. 2019): every token sees all tokens of its sequence; norms come
 * after what they follow. Sequences of a batch lie one after the other, without padding: a matrix
 * product does not care whose rows they are, and attention takes each sequence as its own piece.
 *
 * <p>{@link EncoderPrecision} says how products may be rounded.
 *
 * <p>For one thread at a time.
 */
public final class EncoderModel implements EmbeddingModel {
  private static final int BATCH_TOKENS = 2048;
  private static final int BATCH_SEQUENCES = 256;

  private final EncoderConfig config;
  private final EncoderWeights weights;
  private final Kernels kernels;
  private final Arena arena;
  private final Attention attention;
  private final Panels stream;
  private final Panels branch;
  private final Panels queries;
  private final Panels keys;
  private final Panels values;
  private final Panels heads;
  private final Panels inner;
  private final int batchTokens;

  private EncoderModel(EncoderConfig config, EncoderWeights weights, Kernels kernels, Arena arena) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.arena = arena;
    batchTokens = Math.max(BATCH_TOKENS, config.maxTokens());
    int hidden = config.hiddenSize();
    stream = Panels.allocate(arena, batchTokens, hidden);
    branch = Panels.allocate(arena, batchTokens, hidden);
    queries = Panels.allocate(arena, batchTokens, hidden);
    keys = Panels.allocate(arena, batchTokens, hidden);
    values = Panels.allocate(arena, batchTokens, hidden);
    heads = Panels.allocate(arena, batchTokens, hidden);
    inner = Panels.allocate(arena, batchTokens, config.feedForwardSize());
    // One layer: what it holds is used before the next layer writes.
    KvCache cache =
        new KvCache(
            arena,
            new KvCache.Layout(1, config.heads(), config.headDim(), KvCache.Precision.SINGLE),
            batchTokens / KvCache.BLOCK + 1 + BATCH_SEQUENCES);
    float scale = (float) (1 / Math.sqrt(config.headDim()));
    attention =
        new Attention(
            new Attention.Heads(config.heads(), config.heads(), config.headDim(), scale, 0),
            Attention.Sight.WHOLE,
            cache,
            queries,
            heads,
            config.maxTokens());
  }

  /**
   * A model of weights that must stay open as long as it.
   *
   * @param loader says which kernels and how many threads
   * @param file for messages
   * @throws ModelFormatException if a tensor is missing, has another shape or a weight that is not
   *     finite
   */
  @SuppressWarnings("MustBeClosedChecker") // the model owns the arena
  public static EncoderModel load(
      ModelLoader loader,
      String file,
      Weights weights,
      EncoderConfig config,
      EncoderPrecision precision)
      throws ModelFormatException {
    Arena arena = Arena.ofShared();
    WorkerPool pool = new WorkerPool(loader.threads());
    boolean built = false;
    try {
      Kernels kernels = loader.selection().create(pool, arena);
      EncoderWeights loaded = EncoderWeights.load(file, weights, config, precision, kernels, arena);
      EncoderModel model = new EncoderModel(config, loaded, kernels, arena);
      built = true;
      return model;
    } finally {
      if (!built) {
        pool.close();
        arena.close();
      }
    }
  }

  @Override
  public String kernelName() {
    return kernels.name();
  }

  @Override
  public boolean isDeterministic() {
    return kernels.isDeterministic();
  }

  @Override
  public int vocabularySize() {
    return config.vocabularySize();
  }

  @Override
  public int dimensions() {
    return config.hiddenSize();
  }

  @Override
  public int maxTokens() {
    return config.maxTokens();
  }

  @Override
  public int batchTokens() {
    return batchTokens;
  }

  @Override
  public int batchSequences() {
    return BATCH_SEQUENCES;
  }

  /** All in one step. */
  @Override
  public float[][] embed(List<int[]> sequences, Pooling pooling, Runnable betweenSteps) {
    int tokens = check(sequences);
    lookUp(sequences, tokens);
    kernels.layerNorm(stream, weights.norm());
    attention.begin(pieces(sequences));
    attention.layer(0, 0);
    Panels[] inputs = {queries, keys, values};
    for (EncoderWeights.Layer layer : weights.layers()) {
      kernels.affine(stream, layer.queryKeyValue(), inputs);
      kernels.store(attention, keys, values);
      kernels.attend(attention);
      kernels.affineAddNorm(heads, layer.attentionOutput(), branch, stream, layer.attentionNorm());
      kernels.feedForward(stream, layer.up(), layer.down(), inner, branch, layer.outputNorm());
    }
    return pool(sequences, pooling);
  }

  private int check(List<int[]> sequences) {
    int tokens = 0;
    for (int[] sequence : sequences) {
      if (sequence.length < 1 || sequence.length > config.maxTokens()) {
        throw new IllegalArgumentException(
            "a sequence of %d tokens, 1 to %d fit".formatted(sequence.length, config.maxTokens()));
      }
      tokens += sequence.length;
    }
    if (tokens == 0 || tokens > batchTokens || sequences.size() > BATCH_SEQUENCES) {
      throw new IllegalArgumentException(
          "%d sequences of %d tokens together, at most %d of %d fit"
              .formatted(sequences.size(), tokens, BATCH_SEQUENCES, batchTokens));
    }
    return tokens;
  }

  /** Embeddings of words, positions and type 0 are added. */
  private void lookUp(List<int[]> sequences, int tokens) {
    stream.reshape(tokens);
    float[] row = new float[config.hiddenSize()];
    BlockFormat format = BlockFormat.of(weights.words().type());
    int blocks = row.length / weights.words().type().blockSize();
    int at = 0;
    for (int[] sequence : sequences) {
      for (int i = 0; i < sequence.length; i++, at++) {
        int id = sequence[i];
        if (id < 0 || id >= config.vocabularySize()) {
          throw new IllegalArgumentException(
              "token %d of %d".formatted(id, config.vocabularySize()));
        }
        format.decode(weights.words().data(), id * weights.words().rowBytes(), row, 0, blocks);
        float[] position = weights.positions()[config.firstPosition() + i];
        for (int c = 0; c < row.length; c++) {
          row[c] += position[c];
        }
        stream.setRow(at, row);
      }
    }
  }

  private static List<Attention.Piece> pieces(List<int[]> sequences) {
    List<Attention.Piece> pieces = new ArrayList<>(sequences.size());
    int row = 0;
    int block = 0;
    for (int[] sequence : sequences) {
      int[] blocks = new int[(sequence.length + KvCache.BLOCK - 1) / KvCache.BLOCK];
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] = block++;
      }
      pieces.add(new Attention.Piece(row, sequence.length, 0, blocks));
      row += sequence.length;
    }
    return pieces;
  }

  private float[][] pool(List<int[]> sequences, Pooling pooling) {
    float[][] pooled = new float[sequences.size()][];
    int at = 0;
    for (int s = 0; s < pooled.length; s++) {
      PooledTokens tokens = new PooledTokens(pooling, config.hiddenSize());
      tokens.add(stream, at, sequences.get(s).length);
      pooled[s] = tokens.vector();
      at += sequences.get(s).length;
    }
    return pooled;
  }

  @Override
  public void close() {
    kernels.pool().close();
    arena.close();
  }

  @Override
  public String toString() {
    return "EncoderModel[%d layers, %d wide, %s]"
        .formatted(config.layers(), config.hiddenSize(), kernels.name());
  }
}
