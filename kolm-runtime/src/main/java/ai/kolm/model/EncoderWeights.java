package ai.kolm.model;

import ai.kolm.kernels.Affine;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.LayerNorm;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.ParameterVector;
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
record EncoderWeights(Tensor words, float[][] positions, LayerNorm norm, List<Layer> layers) {

  /** One layer. */
  record Layer(
      Affine[] queryKeyValue,
      Affine attentionOutput,
      LayerNorm attentionNorm,
      Affine up,
      Affine down,
      LayerNorm outputNorm) {}

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
      String[] inputs = {"query", "key", "value"};
      Affine[] queryKeyValue = new Affine[inputs.length];
      for (int i = 0; i < inputs.length; i++) {
        queryKeyValue[i] = affine(hidden, hidden, self + inputs[i]);
      }
      return new Layer(
          queryKeyValue,
          affine(hidden, hidden, layer + "attention.output.dense"),
          norm(layer + "attention.output.LayerNorm"),
          affine(inner, hidden, layer + "intermediate.dense"),
          affine(hidden, inner, layer + "output.dense"),
          norm(layer + "output.LayerNorm"));
    }

    private Affine affine(int rows, int columns, String name) throws ModelFormatException {
      Tensor tensor = weights.get(name + ".weight", rows, columns);
      try {
        Matrix matrix =
            switch (precision) {
              case EXACT -> kernels.prepare(tensor, matrices);
              case WORDS -> kernels.prepareWords(tensor, matrices);
              case BYTES -> kernels.prepareBytes(tensor, matrices);
            };
        return new Affine(matrix, vector(weights.get(name + ".bias", rows), rows));
      } catch (IllegalArgumentException e) {
        throw new ModelFormatException(file, String.valueOf(e.getMessage()));
      }
    }

    /** Files of old call weight and bias of a norm gamma and beta. */
    private LayerNorm norm(String name) throws ModelFormatException {
      int hidden = config.hiddenSize();
      Optional<Tensor> gamma = weights.find(name + ".gamma", hidden);
      if (gamma.isPresent()) {
        return new LayerNorm(
            vector(gamma.get(), hidden),
            vector(weights.get(name + ".beta", hidden), hidden),
            config.normEps());
      }
      return new LayerNorm(
          vector(weights.get(name + ".weight", hidden), hidden),
          vector(weights.get(name + ".bias", hidden), hidden),
          config.normEps());
    }

    private ParameterVector vector(Tensor tensor, int width) throws ModelFormatException {
      return ParameterVector.of(arena, floats(tensor, 0, width));
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
