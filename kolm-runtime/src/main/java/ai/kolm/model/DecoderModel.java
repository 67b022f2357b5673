package ai.kolm.model;

import ai.kolm.kernels.Attention;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.KvCache;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.ParameterVector;
import ai.kolm.kernels.Rotation;
import ai.kolm.model.AdapterWeights.Site;
import ai.kolm.source.LoraAdapter;
import ai.kolm.weights.ModelFormatException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The transformer decoder that all architectures are: embedding, layers of attention and gated
 * feed-forward around a residual stream, output projection. What differs between them is data in
 * {@link ModelConfig} and weights that are there or not.
 *
 * <p>All memory is allocated when the model is made. One thread at a time.
 */
public final class DecoderModel implements LanguageModel {
  private final ModelConfig config;
  private final DecoderWeights weights;
  private final Kernels kernels;
  private final ModelOptions options;
  private final Arena arena;
  private final Adapters adapters;
  private final KvCache cache;
  private final Attention attention;
  private final Rotation[] rotations;
  private final float[][] frequencies;

  // Activations; rows are the tokens of the batch.
  private final Panels stream; // (tokens, hidden): the residual stream
  private final Panels normed; // (tokens, hidden)
  private final Panels queries; // (tokens, queryHeads * headDim)
  private final Panels keys; // (tokens, keyValueHeads * headDim)
  private final Panels values; // (tokens, keyValueHeads * headDim)
  private final Panels heads; // (tokens, queryHeads * headDim): what attention gives
  private final Panels branch; // (tokens, hidden): what is added to the stream
  private final Panels gate; // (tokens, feedForward)
  private final Panels up; // (tokens, feedForward)

  private final Panels[] queryKeyValue;
  private final Panels[] gateUp;
  private final Panels[] toBranch;
  private final OutputProjection output;
  private final float[] row;

  private @Nullable Probe probe;

  /** Looks at activations as they are computed: for tests and for comparing implementations. */
  public interface Probe {
    /**
     * A stage is done.
     *
     * @param stage {@code embedding}, {@code layer.3}, {@code layer.0.attn_q}, {@code output_norm}
     * @param values (tokens, width); changed by the next stage
     */
    void at(String stage, Panels values);
  }

  /**
   * A model ready to run.
   *
   * @param arena owns the memory; closed with the model
   */
  DecoderModel(
      ModelConfig config,
      DecoderWeights weights,
      Kernels kernels,
      ModelOptions options,
      Arena arena) {
    this.config = config;
    this.weights = weights;
    this.kernels = kernels;
    this.options = options;
    this.arena = arena;
    int tokens = options.batchTokens();
    int queryWidth = config.queryHeads() * config.headDim();
    int keyWidth = config.keyValueHeads() * config.headDim();
    stream = Panels.allocate(arena, tokens, config.hiddenSize());
    normed = Panels.allocate(arena, tokens, config.hiddenSize());
    queries = Panels.allocate(arena, tokens, queryWidth);
    keys = Panels.allocate(arena, tokens, keyWidth);
    values = Panels.allocate(arena, tokens, keyWidth);
    heads = Panels.allocate(arena, tokens, queryWidth);
    branch = Panels.allocate(arena, tokens, config.hiddenSize());
    gate = Panels.allocate(arena, tokens, config.feedForwardSize());
    up = Panels.allocate(arena, tokens, config.feedForwardSize());
    queryKeyValue = new Panels[] {queries, keys, values};
    gateUp = new Panels[] {gate, up};
    toBranch = new Panels[] {branch};
    row = new float[config.hiddenSize()];
    output = new OutputProjection(config, weights, kernels, options.batchRows(), arena);
    adapters = new Adapters(config, kernels, tokens, arena);
    cache =
        new KvCache(arena, cacheLayout(config, options.cachePrecision()), options.cacheBlocks());
    attention =
        new Attention(
            new Attention.Heads(
                config.queryHeads(),
                config.keyValueHeads(),
                config.headDim(),
                config.attentionScale(),
                config.attentionSoftCap()),
            cache,
            queries,
            heads,
            options.contextLength());
    rotations = new Rotation[config.ropes().size()];
    frequencies = new float[rotations.length][];
    for (int i = 0; i < rotations.length; i++) {
      ModelConfig.Rope rope = config.ropes().get(i);
      rotations[i] =
          new Rotation(arena, tokens, config.headDim(), rope.rotated(), config.pairing());
      frequencies[i] =
          rope.scaling().frequencies(rope.base(), rope.rotated(), options.contextLength());
    }
  }

  /** The sizes of the cache that a model needs. */
  static KvCache.Layout cacheLayout(ModelConfig config, KvCache.Precision precision) {
    return new KvCache.Layout(config.layers(), config.keyValueHeads(), config.headDim(), precision);
  }

  /** Bytes of the activations, which all exist from the start. */
  static long activationBytes(ModelConfig config, int tokens, int rows) {
    long queries = (long) config.queryHeads() * config.headDim();
    long keys = (long) config.keyValueHeads() * config.headDim();
    long hidden = config.hiddenSize();
    long token = 3 * hidden + 2 * queries + 2 * keys + 2L * config.feedForwardSize();
    return Float.BYTES * (tokens * token) + OutputProjection.bytes(config, rows);
  }

  /** The configuration. */
  public ModelConfig config() {
    return config;
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
  public long memoryBytes() {
    long blocks =
        cacheLayout(config, options.cachePrecision()).blockBytes() * options.cacheBlocks();
    long activations = activationBytes(config, options.batchTokens(), options.batchRows());
    return weights.bytesPerToken() + weights.embedding().data().byteSize() + blocks + activations;
  }

  /** Adds an adapter, which must fit the model. Not while a batch is computed. */
  void addAdapter(LoraAdapter adapter) throws ModelFormatException {
    adapters.add(adapter);
  }

  @Override
  public boolean hasAdapter(String digest) {
    return digest.isEmpty() || adapters.contains(digest);
  }

  /** Bytes of weights, as the file has them, that are read for every token. */
  public long weightBytesPerToken() {
    return weights.bytesPerToken();
  }

  /** Sets who looks at activations; {@code null} for nobody. */
  public void probe(@Nullable Probe newProbe) {
    probe = newProbe;
  }

  @Override
  public int vocabularySize() {
    return config.vocabularySize();
  }

  @Override
  public int contextLength() {
    return options.contextLength();
  }

  @Override
  public int blockSize() {
    return KvCache.BLOCK;
  }

  @Override
  public int blockCount() {
    return options.cacheBlocks();
  }

  @Override
  public int maxBatchTokens() {
    return options.batchTokens();
  }

  @Override
  public int maxBatchRows() {
    return options.batchRows();
  }

  @Override
  public Logits forward(Batch batch) {
    runLayers(batch);
    return output.project(batch, stream, probe);
  }

  /**
   * Computes the batch, as {@link #forward}, up to the norm before the output projection.
   *
   * @return (tokens, hidden), valid until the next call
   */
  Panels hidden(Batch batch) {
    runLayers(batch);
    kernels.rmsNorm(stream, weights.outputNorm(), config.normEps(), normed);
    look("output_norm", normed);
    return normed;
  }

  private void runLayers(Batch batch) {
    embed(batch);
    adapters.begin(batch);
    attention.begin(pieces(batch));
    for (int i = 0; i < weights.layers().size(); i++) {
      DecoderLayer layer = weights.layers().get(i);
      attend(layer, i);
      feedForward(layer, i);
      look("layer.", i, "", stream);
    }
  }

  @Override
  public int threads() {
    return kernels.pool().size();
  }

  @Override
  public void inParallel(int count, IntConsumer task) {
    kernels.pool().run(count, (index, _) -> task.accept(index));
  }

  @Override
  public void copyBlock(int from, int to) {
    cache.copy(from, to);
  }

  /** Looks tokens up and sets the angles of their positions. */
  private void embed(Batch batch) {
    stream.reshape(batch.tokens());
    int at = 0;
    for (Batch.Slice slice : batch.slices()) {
      for (int i = 0; i < slice.tokens().length; i++, at++) {
        weights.lookUp(slice.tokens()[i], row);
        stream.setRow(at, row);
        for (int r = 0; r < rotations.length; r++) {
          float magnitude = config.ropes().get(r).scaling().magnitude();
          rotations[r].setRow(at, slice.position() + i, frequencies[r], magnitude);
        }
      }
    }
    if (config.embeddingScale() != 1) {
      kernels.scale(stream, config.embeddingScale());
    }
    look("embedding", stream);
  }

  private List<Attention.Piece> pieces(Batch batch) {
    List<Attention.Piece> pieces = new ArrayList<>(batch.slices().size());
    int at = 0;
    for (Batch.Slice slice : batch.slices()) {
      int count = slice.tokens().length;
      if (slice.position() + count > options.contextLength()) {
        throw new IllegalArgumentException(
            "positions up to %d, context length %d"
                .formatted(slice.position() + count, options.contextLength()));
      }
      pieces.add(new Attention.Piece(at, count, slice.position(), slice.blocks()));
      at += count;
    }
    return pieces;
  }

  private void attend(DecoderLayer layer, int index) {
    kernels.rmsNorm(stream, layer.attentionNorm(), config.normEps(), normed);
    look("layer.", index, ".attn_norm", normed);
    kernels.multiplyCoarsely(normed, layer.queryKeyValue(), queryKeyValue);
    adapters.apply(index, Site.QUERY_KEY_VALUE, normed, queryKeyValue);
    addBias(queries, layer.queryBias());
    addBias(keys, layer.keyBias());
    addBias(values, layer.valueBias());
    look("layer.", index, ".attn_q", queries);
    look("layer.", index, ".attn_k", keys);
    look("layer.", index, ".attn_v", values);
    normHeads(queries, layer.queryNorm());
    normHeads(keys, layer.keyNorm());
    look("layer.", index, ".attn_q_norm", queries);
    look("layer.", index, ".attn_k_norm", keys);
    Rotation rotation = rotations[layer.type().rope()];
    kernels.rotate(queries, rotation);
    kernels.rotate(keys, rotation);
    attention.layer(index, layer.type().window());
    kernels.store(attention, keys, values);
    kernels.attend(attention);
    look("layer.", index, ".heads", heads);
    kernels.multiplyCoarsely(heads, layer.attentionOutput(), toBranch);
    adapters.apply(index, Site.ATTENTION_OUTPUT, heads, toBranch);
    addBias(branch, layer.attentionOutputBias());
    look("layer.", index, ".attn_output", branch);
    if (layer.postAttentionNorm() != null) {
      kernels.rmsNorm(branch, layer.postAttentionNorm(), config.normEps(), branch);
      look("layer.", index, ".post_attention_norm", branch);
    }
    kernels.add(stream, branch, config.residualScale());
  }

  private void feedForward(DecoderLayer layer, int index) {
    kernels.rmsNorm(stream, layer.feedForwardNorm(), config.normEps(), normed);
    look("layer.", index, ".ffn_norm", normed);
    if (adapters.areIdle() && layer.gateBias() == null && layer.upBias() == null) {
      kernels.multiplyGated(normed, layer.gateUp(), gateUp, config.activation());
    } else {
      kernels.multiplyCoarsely(normed, layer.gateUp(), gateUp);
      adapters.apply(index, Site.GATE_UP, normed, gateUp);
      addBias(gate, layer.gateBias());
      addBias(up, layer.upBias());
      kernels.gate(gate, up, config.activation());
    }
    kernels.multiplyOutliers(gate, layer.down(), toBranch);
    adapters.apply(index, Site.DOWN, gate, toBranch);
    addBias(branch, layer.downBias());
    look("layer.", index, ".ffn", branch);
    if (layer.postFeedForwardNorm() != null) {
      kernels.rmsNorm(branch, layer.postFeedForwardNorm(), config.normEps(), branch);
      look("layer.", index, ".post_ffw_norm", branch);
    }
    kernels.add(stream, branch, config.residualScale());
  }

  private void addBias(Panels x, float @Nullable [] bias) {
    if (bias != null) {
      kernels.addBias(x, bias);
    }
  }

  private void normHeads(Panels x, @Nullable ParameterVector weight) {
    if (weight != null) {
      kernels.rmsNorm(x, weight, config.normEps(), x);
    }
  }

  private void look(String stage, Panels values) {
    if (probe != null) {
      probe.at(stage, values);
    }
  }

  private void look(String prefix, int layer, String suffix, Panels values) {
    if (probe != null) {
      probe.at(prefix + layer + suffix, values);
    }
  }

  @Override
  public void close() {
    kernels.pool().close();
    arena.close();
  }
}
