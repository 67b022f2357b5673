package ai.kolm.model;

import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.ParameterVector;
import ai.kolm.kernels.pages.HugePages;
import ai.kolm.model.Architecture.Trait;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import ai.kolm.weights.ModelFormatException;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All weights of a decoder, in the form its kernels want.
 *
 * @param embedding (vocabulary, hidden), as the file has it: rows are looked up
 * @param layers in order
 * @param outputNorm (hidden)
 * @param output one matrix: (vocabulary, hidden); the embedding where the model has no other; none
 *     where no logits are wanted
 * @param bytesPerToken of weights, as the file has them, that are read for a token: all but the
 *     embedding, of which a row is looked up, unless it is the output, too
 */
record DecoderWeights(
    Tensor embedding,
    List<DecoderLayer> layers,
    ParameterVector outputNorm,
    Matrix[] output,
    long bytesPerToken) {

  /** Copies the list. */
  DecoderWeights {
    layers = List.copyOf(layers);
  }

  /**
   * Loads all weights of a model.
   *
   * @param withOutput whether logits are wanted; else there is no output matrix
   * @param arena for weights in another form than the file's
   * @throws ModelFormatException if a tensor is missing, has another shape or a weight that is not
   *     finite
   */
  static DecoderWeights load(DecoderFiles files, boolean withOutput, Kernels kernels, Arena arena)
      throws ModelFormatException {
    return new Loader(
            files.file(),
            new CountedWeights(files.weights()),
            files.architecture(),
            files.config(),
            files.normOffset(),
            kernels,
            arena,
            HugePages.in(arena))
        .load(withOutput);
  }

  /** Takes the embedding of {@code token} into {@code row}, (hidden). */
  void lookUp(int token, float[] row) {
    if (token < 0 || token >= embedding.shape().rows()) {
      throw new IllegalArgumentException(
          "token %d of %d".formatted(token, embedding.shape().rows()));
    }
    int blocks = row.length / embedding.type().blockSize();
    BlockFormat.of(embedding.type())
        .decode(embedding.data(), token * embedding.rowBytes(), row, 0, blocks);
  }

  private record Loader(
      String file,
      CountedWeights weights,
      Architecture architecture,
      ModelConfig config,
      float normOffset,
      Kernels kernels,
      Arena arena,
      SegmentAllocator matrices) {

    DecoderWeights load(boolean withOutput) throws ModelFormatException {
      int hidden = config.hiddenSize();
      Tensor embedding = weights.get("token_embd.weight", config.vocabularySize(), hidden);
      List<DecoderLayer> layers = new ArrayList<>();
      for (int layer = 0; layer < config.layers(); layer++) {
        layers.add(layer("blk." + layer + ".", config.layerTypes().get(layer)));
      }
      ParameterVector outputNorm = norm("output_norm", hidden);
      long lookedUp = embedding.data().byteSize();
      Matrix[] output = {};
      if (withOutput) {
        Optional<Tensor> own = weights.find("output.weight", config.vocabularySize(), hidden);
        lookedUp = own.isPresent() ? lookedUp : 0;
        output = new Matrix[] {prepare(own.orElse(embedding))};
      }
      return new DecoderWeights(embedding, layers, outputNorm, output, weights.bytes() - lookedUp);
    }

    private DecoderLayer layer(String layer, ModelConfig.LayerType type)
        throws ModelFormatException {
      int hidden = config.hiddenSize();
      int queries = config.queryHeads() * config.headDim();
      int keys = config.keyValueHeads() * config.headDim();
      int inner = config.feedForwardSize();
      boolean headNorms = architecture.has(Trait.HEAD_NORMS);
      boolean postNorms = architecture.has(Trait.POST_NORMS);
      return new DecoderLayer(
          type,
          norm(layer + "attn_norm", hidden),
          queryKeyValue(layer, queries, keys),
          bias(layer + "attn_q", queries),
          bias(layer + "attn_k", keys),
          bias(layer + "attn_v", keys),
          headNorms ? norm(layer + "attn_q_norm", config.headDim()) : null,
          headNorms ? norm(layer + "attn_k_norm", config.headDim()) : null,
          matrix(layer + "attn_output", hidden, queries),
          bias(layer + "attn_output", hidden),
          postNorms ? norm(layer + "post_attention_norm", hidden) : null,
          norm(layer + "ffn_norm", hidden),
          gateUp(layer, inner),
          bias(layer + "ffn_gate", inner),
          bias(layer + "ffn_up", inner),
          matrix(layer + "ffn_down", hidden, inner),
          bias(layer + "ffn_down", hidden),
          postNorms ? norm(layer + "post_ffw_norm", hidden) : null);
    }

    private Matrix[] queryKeyValue(String layer, int queries, int keys)
        throws ModelFormatException {
      int hidden = config.hiddenSize();
      if (!architecture.has(Trait.FUSED)) {
        return new Matrix[] {
          prepare(weights.get(layer + "attn_q.weight", queries, hidden)),
          prepare(weights.get(layer + "attn_k.weight", keys, hidden)),
          prepare(weights.get(layer + "attn_v.weight", keys, hidden))
        };
      }
      Tensor all = weights.get(layer + "attn_qkv.weight", queries + 2L * keys, hidden);
      return new Matrix[] {
        prepare(all.rows(0, queries)),
        prepare(all.rows(queries, queries + keys)),
        prepare(all.rows(queries + keys, queries + 2L * keys))
      };
    }

    private Matrix[] gateUp(String layer, int inner) throws ModelFormatException {
      int hidden = config.hiddenSize();
      if (!architecture.has(Trait.FUSED)) {
        return new Matrix[] {
          prepare(weights.get(layer + "ffn_gate.weight", inner, hidden)),
          prepare(weights.get(layer + "ffn_up.weight", inner, hidden))
        };
      }
      Tensor both = weights.get(layer + "ffn_up.weight", 2L * inner, hidden);
      return new Matrix[] {prepare(both.rows(0, inner)), prepare(both.rows(inner, 2L * inner))};
    }

    private Matrix[] matrix(String name, int rows, int columns) throws ModelFormatException {
      return new Matrix[] {prepare(weights.get(name + ".weight", rows, columns))};
    }

    private Matrix prepare(Tensor tensor) throws ModelFormatException {
      try {
        return kernels.prepare(tensor, matrices);
      } catch (IllegalArgumentException e) {
        throw new ModelFormatException(file, String.valueOf(e.getMessage()));
      } catch (InternalError e) {
        throw new ModelFormatException(
            file, "tensor %s: the file became shorter while it was read".formatted(tensor.name()));
      }
    }

    /** Weights of a norm over rows, rounded up to whole panels with zeros. */
    private ParameterVector norm(String name, int width) throws ModelFormatException {
      float[] norm = floats(weights.get(name + ".weight", width));
      for (int i = 0; i < norm.length; i++) {
        norm[i] += normOffset;
      }
      return ParameterVector.of(arena, norm);
    }

    private float @Nullable [] bias(String name, int width) throws ModelFormatException {
      Optional<Tensor> bias = weights.find(name + ".bias", width);
      return bias.isPresent() ? floats(bias.get()) : null;
    }

    private static float[] floats(Tensor tensor) {
      int count = (int) tensor.shape().elements();
      float[] values = new float[count];
      int blocks = count / tensor.type().blockSize();
      BlockFormat.of(tensor.type()).decode(tensor.data(), 0, values, 0, blocks);
      return values;
    }
  }
}
