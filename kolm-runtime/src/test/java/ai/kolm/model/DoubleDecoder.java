package ai.kolm.model;

import ai.kolm.kernels.Activation;
import ai.kolm.kernels.LowRank;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.ParameterVector;
import ai.kolm.kernels.Rotation;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The loss of a decoder with an adapter in double precision, written as plainly as the formulas:
 * what gradients are compared with, by differences.
 */
final class DoubleDecoder {
  private final ModelConfig config;
  private final DecoderWeights weights;
  private final LoraWeights lora;
  private final Map<String, float[][]> decoded = new HashMap<>();
  private final Map<Panels, double[]> copies = new HashMap<>();
  private final Map<ParameterVector, float[]> norms = new HashMap<>();

  DoubleDecoder(FrozenDecoder frozen, LoraWeights lora) {
    this.config = frozen.config();
    this.weights = frozen.weights();
    this.lora = lora;
  }

  /** The sum of the losses of one conversation's learned tokens. */
  double loss(int[] tokens, boolean[] learned) {
    double[][] stream = embed(tokens);
    for (int i = 0; i < config.layers(); i++) {
      layer(stream, i);
    }
    double sum = 0;
    for (int t = 1; t < tokens.length; t++) {
      if (learned[t]) {
        sum += loss(stream[t - 1], tokens[t]);
      }
    }
    return sum;
  }

  private double loss(double[] stream, int target) {
    double[] normed = norm(stream, floats(weights.outputNorm()));
    double[] logits = times(matrix(weights.output()[0]), normed);
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      logits[i] *= config.logitScale();
      if (config.logitSoftCap() > 0) {
        logits[i] = config.logitSoftCap() * Math.tanh(logits[i] / config.logitSoftCap());
      }
      sum += Math.exp(logits[i]);
    }
    return Math.log(sum) - logits[target];
  }

  private double[][] embed(int[] tokens) {
    float[][] table = decode(weights.embedding());
    double[][] stream = new double[tokens.length][config.hiddenSize()];
    for (int t = 0; t < tokens.length; t++) {
      for (int c = 0; c < stream[t].length; c++) {
        stream[t][c] = (double) table[tokens[t]][c] * config.embeddingScale();
      }
    }
    return stream;
  }

  private void layer(double[][] stream, int index) {
    DecoderLayer layer = weights.layers().get(index);
    int n = stream.length;
    double[][] q = new double[n][];
    double[][] k = new double[n][];
    double[][] v = new double[n][];
    for (int t = 0; t < n; t++) {
      double[] x = norm(stream[t], floats(layer.attentionNorm()));
      q[t] = linear(layer.queryKeyValue()[0], layer.queryBias(), index, LoraModule.QUERY, x);
      k[t] = linear(layer.queryKeyValue()[1], layer.keyBias(), index, LoraModule.KEY, x);
      v[t] = linear(layer.queryKeyValue()[2], layer.valueBias(), index, LoraModule.VALUE, x);
      heads(q[t], layer.queryNorm(), layer.type().rope(), t);
      heads(k[t], layer.keyNorm(), layer.type().rope(), t);
    }
    for (int t = n - 1; t >= 0; t--) {
      double[] heads = attend(q[t], k, v, t, layer.type().window());
      double[] branch =
          linear(
              layer.attentionOutput()[0],
              layer.attentionOutputBias(),
              index,
              LoraModule.OUTPUT,
              heads);
      add(stream[t], branch, layer.postAttentionNorm());
    }
    for (double[] row : stream) {
      double[] x = norm(row, floats(layer.feedForwardNorm()));
      double[] g = linear(layer.gateUp()[0], layer.gateBias(), index, LoraModule.GATE, x);
      double[] u = linear(layer.gateUp()[1], layer.upBias(), index, LoraModule.UP, x);
      for (int i = 0; i < g.length; i++) {
        g[i] = activate(g[i]) * u[i];
      }
      double[] branch = linear(layer.down()[0], layer.downBias(), index, LoraModule.DOWN, g);
      add(row, branch, layer.postFeedForwardNorm());
    }
  }

  private double activate(double x) {
    return config.activation() == Activation.SILU
        ? x / (1 + Math.exp(-x))
        : x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
  }

  private void add(double[] stream, double[] branch, @Nullable ParameterVector post) {
    double[] added = post == null ? branch : norm(branch, floats(post));
    for (int i = 0; i < stream.length; i++) {
      stream[i] += config.residualScale() * added[i];
    }
  }

  private double[] attend(double[] q, double[][] k, double[][] v, int t, int window) {
    int dim = config.headDim();
    int group = config.queryHeads() / config.keyValueHeads();
    double[] out = new double[q.length];
    int first = window == 0 ? 0 : Math.max(0, t - window + 1);
    for (int h = 0; h < config.queryHeads(); h++) {
      int kv = h / group * dim;
      double[] e = new double[t + 1];
      double sum = 0;
      for (int j = first; j <= t; j++) {
        double s = 0;
        for (int d = 0; d < dim; d++) {
          s += q[h * dim + d] * k[j][kv + d];
        }
        s *= config.attentionScale();
        double cap = config.attentionSoftCap();
        e[j] = Math.exp(cap > 0 ? cap * Math.tanh(s / cap) : s);
        sum += e[j];
      }
      for (int j = first; j <= t; j++) {
        for (int d = 0; d < dim; d++) {
          out[h * dim + d] += e[j] / sum * v[j][kv + d];
        }
      }
    }
    return out;
  }

  /** Norm and rotation of each head. */
  private void heads(double[] x, @Nullable ParameterVector weight, int rope, int position) {
    int dim = config.headDim();
    ModelConfig.Rope r = config.ropes().get(rope);
    float[] frequencies = r.scaling().frequencies(r.base(), r.rotated(), config.contextLength());
    boolean halves = config.pairing() == Rotation.Pairing.HALVES;
    for (int h = 0; h < x.length; h += dim) {
      if (weight != null) {
        double[] head = Arrays.copyOfRange(x, h, h + dim);
        System.arraycopy(norm(head, floats(weight)), 0, x, h, dim);
      }
      for (int i = 0; i < frequencies.length; i++) {
        int a = h + (halves ? i : 2 * i);
        int b = a + (halves ? frequencies.length : 1);
        double angle = (double) position * frequencies[i];
        double cos = Math.cos(angle) * r.scaling().magnitude();
        double sin = Math.sin(angle) * r.scaling().magnitude();
        double first = x[a];
        x[a] = first * cos - x[b] * sin;
        x[b] = x[b] * cos + first * sin;
      }
    }
  }

  private double[] norm(double[] x, float[] weight) {
    double squares = 0;
    for (double value : x) {
      squares += value * value;
    }
    double inverse = 1 / Math.sqrt(squares / x.length + config.normEps());
    double[] y = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      y[i] = x[i] * inverse * weight[i];
    }
    return y;
  }

  private double[] linear(
      Matrix weight, float @Nullable [] bias, int layer, LoraModule module, double[] x) {
    double[] y = times(matrix(weight), x);
    for (int i = 0; i < y.length && bias != null; i++) {
      y[i] += bias[i];
    }
    LowRank adapter = lora.find(layer, module);
    if (adapter != null) {
      addLowRank(adapter, x, y);
    }
    return y;
  }

  private void addLowRank(LowRank adapter, double[] x, double[] y) {
    double[] a = a(adapter);
    double[] b = b(adapter);
    for (int r = 0; r < adapter.rank(); r++) {
      double z = 0;
      for (int c = 0; c < x.length; c++) {
        z += x[c] * a[r * x.length + c];
      }
      for (int o = 0; o < y.length; o++) {
        y[o] += adapter.scale() * z * b[r * y.length + o];
      }
    }
  }

  /** A of an adapter, (rank, inputs), to be changed. */
  double[] a(LowRank adapter) {
    return copies.computeIfAbsent(adapter.a(), DoubleDecoder::doubles);
  }

  /** B of an adapter transposed, (rank, outputs), to be changed. */
  double[] b(LowRank adapter) {
    return copies.computeIfAbsent(adapter.b(), DoubleDecoder::doubles);
  }

  /** All elements, row by row. */
  static double[] doubles(Panels x) {
    double[] values = new double[x.rows() * x.width()];
    for (int i = 0; i < values.length; i++) {
      values[i] = x.get(i / x.width(), i % x.width());
    }
    return values;
  }

  private float[][] matrix(Matrix matrix) {
    return decode(((Matrix.Plain) matrix).tensor());
  }

  private float[][] decode(Tensor tensor) {
    return decoded.computeIfAbsent(
        tensor.name(),
        _ -> {
          int columns = (int) tensor.shape().columns();
          float[][] rows = new float[(int) tensor.shape().rows()][columns];
          for (int i = 0; i < rows.length; i++) {
            BlockFormat.of(tensor.type())
                .decode(
                    tensor.data(),
                    i * tensor.rowBytes(),
                    rows[i],
                    0,
                    columns / tensor.type().blockSize());
          }
          return rows;
        });
  }

  private static double[] times(float[][] matrix, double[] x) {
    double[] y = new double[matrix.length];
    for (int i = 0; i < y.length; i++) {
      float[] row = matrix[i];
      double sum = 0;
      for (int c = 0; c < x.length; c++) {
        sum += row[c] * x[c];
      }
      y[i] = sum;
    }
    return y;
  }

  private float[] floats(ParameterVector weight) {
    return norms.computeIfAbsent(weight, ParameterVector::toArray);
  }
}
