package ai.kolm.model;

import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.NormWeights;
import ai.kolm.kernels.pages.HugePages;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * All weights of an encoder, in the form its kernels want.
 *
 * @param words (vocabulary, hidden), as the file has it: rows are looked up
 * @param positions (positions, hidden), the embedding of token type 0 added to each row
 * @param norm of embeddings
 * @param layers in order
 */
record EncoderWeights(Tensor words, float[][] positions, Norm norm, List<Layer> layers) {

  /** Weight and bias of a norm, each (hidden). */
  record Norm(NormWeights weight, NormWeights bias) {}

  /** Matrices that share their input, and the biases of their outputs. */
  record Linear(Matrix[] matrices, NormWeights[] biases) {}

  /** One layer. */
  record Layer(
      Linear queryKeyValue,
      Linear attentionOutput,
      Norm attentionNorm,
      Linear up,
      Linear down,
      Norm outputNorm) {}

  /** Copies the list. */
  EncoderWeights {
    layers = List.copyOf(layers);
  }

  static EncoderWeights load(
      String file,
      Weights weights,
      EncoderConfig config,
      EncoderPrecision precision,
      Kernels kernels,
      Arena arena)
      throws ModelFormatException {
    String prefix = prefix(weights);
    SegmentAllocator matrices = HugePages.in(arena);
    return new Loader(file, weights, prefix, config, precision, kernels, arena, matrices).load();
  }

  /** Models with a head have the encoder under a name of its own. */
  private static String prefix(Weights weights) {
    String name = "embeddings.word_embeddings.weight";
    return weights.names().stream()
        .filter(full -> full.equals(name) || full.endsWith("." + name))
        .map(full -> full.substring(0, full.length() - name.length()))
        .findFirst()
        .orElse("");
  }

  private record Loader(
      String file,
      Weights weights,
      String prefix,
      EncoderConfig config,
      EncoderPrecision precision,
      Kernels kernels,
      Arena arena,
      SegmentAllocator matrices) {

    EncoderWeights load() throws ModelFormatException {
      int hidden = config.hiddenSize();
      String embeddings = prefix + "embeddings.";
      Tensor words =
          weights.get(embeddings + "word_embeddings.weight", config.vocabularySize(), hidden);
      Tensor positions =
          weights.get(embeddings + "position_embeddings.weight", config.positions(), hidden);
      Tensor types =
          weights.get(embeddings + "token_type_embeddings.weight", config.types(), hidden);
      float[] type = floats(types, 0, hidden);
      float[][] rows = new float[config.positions()][];
      for (int p = 0; p < rows.length; p++) {
        rows[p] = floats(positions, p, hidden);
        for (int i = 0; i < hidden; i++) {
          rows[p][i] += type[i];
        }
      }
      List<Layer> layers = new ArrayList<>();
      for (int layer = 0; layer < config.layers(); layer++) {
        layers.add(layer("%sencoder.layer.%d.".formatted(prefix, layer)));
      }
      return new EncoderWeights(words, rows, norm(embeddings + "LayerNorm"), layers);
    }

    private Layer layer(String layer) throws ModelFormatException {
      int hidden = config.hiddenSize();
      int inner = config.feedForwardSize();
      String self = layer + "attention.self.";
      return new Layer(
          linear(hidden, hidden, self + "query", self + "key", self + "value"),
          linear(hidden, hidden, layer + "attention.output.dense"),
          norm(layer + "attention.output.LayerNorm"),
          linear(inner, hidden, layer + "intermediate.dense"),
          linear(hidden, inner, layer + "output.dense"),
          norm(layer + "output.LayerNorm"));
    }

    private Linear linear(int rows, int columns, String... names) throws ModelFormatException {
      Matrix[] prepared = new Matrix[names.length];
      NormWeights[] biases = new NormWeights[names.length];
      for (int i = 0; i < names.length; i++) {
        Tensor tensor = weights.get(names[i] + ".weight", rows, columns);
        try {
          prepared[i] =
              switch (precision) {
                case EXACT -> kernels.prepare(tensor, matrices);
                case WORDS -> kernels.prepareWords(tensor, matrices);
                case BYTES -> kernels.prepare(bytes(tensor), matrices);
              };
        } catch (IllegalArgumentException e) {
          throw new ModelFormatException(file, String.valueOf(e.getMessage()));
        }
        biases[i] = vector(weights.get(names[i] + ".bias", rows), rows);
      }
      return new Linear(prepared, biases);
    }

    /** Rounded where kernels multiply bytes. */
    private Tensor bytes(Tensor tensor) {
      boolean rounded = !kernels.isDeterministic() && RoundedWeights.canRound(tensor);
      return rounded ? RoundedWeights.round(tensor, kernels.pool()) : tensor;
    }

    /** Files of old call weight and bias of a norm gamma and beta. */
    private Norm norm(String name) throws ModelFormatException {
      int hidden = config.hiddenSize();
      Optional<Tensor> gamma = weights.find(name + ".gamma", hidden);
      if (gamma.isPresent()) {
        return new Norm(
            vector(gamma.get(), hidden), vector(weights.get(name + ".beta", hidden), hidden));
      }
      return new Norm(
          vector(weights.get(name + ".weight", hidden), hidden),
          vector(weights.get(name + ".bias", hidden), hidden));
    }

    private NormWeights vector(Tensor tensor, int width) throws ModelFormatException {
      return NormWeights.of(arena, floats(tensor, 0, width));
    }

    private float[] floats(Tensor tensor, int row, int width) throws ModelFormatException {
      float[] values = new float[width];
      long rowBytes = tensor.shape().rank() == 1 ? 0 : tensor.rowBytes();
      BlockFormat.of(tensor.type())
          .decode(tensor.data(), row * rowBytes, values, 0, width / tensor.type().blockSize());
      for (float value : values) {
        if (!Float.isFinite(value)) {
          throw new ModelFormatException(
              file, "tensor %s has a value that is not finite".formatted(tensor.name()));
        }
      }
      return values;
    }
  }
}
