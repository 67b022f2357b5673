package ai.kolm.model;

import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.Matrix;
import ai.kolm.kernels.Panels;
import ai.kolm.kernels.Rotation;
import ai.kolm.source.LoraAdapter;
import ai.kolm.source.LoraAdapter.Factors;
import ai.kolm.source.LoraAdapter.Module;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Shape;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.ModelFormatException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The factors of a LoRA adapter in the form its kernels want: in 32-bit floats, whatever the base
 * is quantized to, and with rows in the order of the base.
 *
 * @param scale of all changes
 * @param layers by layer, then by {@link Site}; {@code null} where nothing is changed
 */
record AdapterWeights(float scale, @Nullable Changes[][] layers) {

  /** Products of a layer that share their input, in the order of the layer. */
  @SuppressWarnings("ImmutableEnumChecker") // the lists are unmodifiable
  enum Site {
    /** Queries, keys and values of the normed stream. */
    QUERY_KEY_VALUE("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    /** What attention gives. */
    ATTENTION_OUTPUT("self_attn.o_proj"),
    /** Gate and up of the normed stream. */
    GATE_UP("mlp.gate_proj", "mlp.up_proj"),
    /** What the gate lets through. */
    DOWN("mlp.down_proj");

    private final List<String> modules;

    Site(String... modules) {
      this.modules = List.of(modules);
    }

    /** The site of a module that is one of its products. */
    static @Nullable Site of(String module) {
      return Arrays.stream(values())
          .filter(site -> site.modules.contains(module))
          .findFirst()
          .orElse(null);
    }

    int inputs(ModelConfig config) {
      return switch (this) {
        case QUERY_KEY_VALUE, GATE_UP -> config.hiddenSize();
        case ATTENTION_OUTPUT -> config.queryHeads() * config.headDim();
        case DOWN -> config.feedForwardSize();
      };
    }

    /** The rows of each product. */
    int[] outputs(ModelConfig config) {
      int queries = config.queryHeads() * config.headDim();
      int keys = config.keyValueHeads() * config.headDim();
      return switch (this) {
        case QUERY_KEY_VALUE -> new int[] {queries, keys, keys};
        case ATTENTION_OUTPUT, DOWN -> new int[] {config.hiddenSize()};
        case GATE_UP -> new int[] {config.feedForwardSize(), config.feedForwardSize()};
      };
    }
  }

  /**
   * The changes at a site.
   *
   * @param products which of the site's products are changed
   * @param a for each, (rank, inputs)
   * @param b for each, one matrix: (outputs, rank)
   * @param low scratch for each: (rows, rank)
   * @param change scratch for each, one matrix: (rows, outputs)
   */
  record Changes(int[] products, Matrix[] a, Matrix[][] b, Panels[] low, Panels[][] change) {}

  /** Scratch memory that is used again: a matrix for each width and slot. */
  interface Scratch {
    Panels of(int width, int slot);
  }

  /** The slot of what is gathered and of changes; those of low-rank rows follow. */
  private static final int FIRST_LOW = 1;

  /** Modules that hold the rows of all products of a site, in files of families that fuse them. */
  private static final Map<String, Site> FUSED =
      Map.of("self_attn.qkv_proj", Site.QUERY_KEY_VALUE, "mlp.gate_up_proj", Site.GATE_UP);

  /**
   * The weights of {@code adapter}.
   *
   * @param memory for them; stays open as long as they are used
   * @param scratch for what is computed with them
   * @throws ModelFormatException {@code adapter_shape} if it does not fit the model, or a value is
   *     not finite
   */
  static AdapterWeights load(
      LoraAdapter adapter, ModelConfig config, Kernels kernels, Arena memory, Scratch scratch)
      throws ModelFormatException {
    return new Loader(adapter, config, kernels, memory, scratch).load();
  }

  /**
   * Checks that an adapter fits a model.
   *
   * @throws ModelFormatException {@code adapter_shape} if it does not
   */
  static void check(LoraAdapter adapter, ModelConfig config) throws ModelFormatException {
    int rank = adapter.config().rank();
    for (Map.Entry<Module, Factors> one : adapter.factors().entrySet()) {
      Module module = one.getKey();
      @Nullable Site fused = FUSED.get(module.name());
      @Nullable Site site = fused == null ? Site.of(module.name()) : fused;
      if (site == null || module.layer() >= config.layers()) {
        throw LoraAdapter.fault(
            "adapter " + adapter.name(),
            "layers.%d.%s".formatted(module.layer(), module.name()),
            "a linear module of a model with %d layers".formatted(config.layers()),
            "another");
      }
      int[] outputs = site.outputs(config);
      int part = site.modules.indexOf(module.name());
      int rows = part < 0 ? Arrays.stream(outputs).sum() : outputs[part];
      check(adapter, one.getValue().a(), rank, site.inputs(config));
      check(adapter, one.getValue().b(), rows, rank);
    }
  }

  private static void check(LoraAdapter adapter, Tensor tensor, long rows, long columns)
      throws ModelFormatException {
    if (tensor.shape().rows() != rows || tensor.shape().columns() != columns) {
      throw LoraAdapter.fault(
          "adapter " + adapter.name(),
          tensor.name(),
          "(%d, %d)".formatted(rows, columns),
          String.valueOf(tensor.shape()));
    }
  }

  private record Loader(
      LoraAdapter adapter, ModelConfig config, Kernels kernels, Arena memory, Scratch scratch) {

    AdapterWeights load() throws ModelFormatException {
      AdapterWeights.check(adapter, config);
      Map<Module, Factors> left = new HashMap<>(adapter.factors());
      @Nullable Changes[][] layers = new Changes[config.layers()][Site.values().length];
      for (int layer = 0; layer < layers.length; layer++) {
        split(layer, left);
        for (Site site : Site.values()) {
          layers[layer][index(site)] = changes(layer, site, left);
        }
      }
      return new AdapterWeights(adapter.config().scale(), layers);
    }

    /** Fused modules are changes of their parts, by the same A and some of the rows of B. */
    private void split(int layer, Map<Module, Factors> left) throws ModelFormatException {
      for (Map.Entry<String, Site> fused : FUSED.entrySet()) {
        Factors whole = left.remove(new Module(layer, fused.getKey()));
        if (whole == null) {
          continue;
        }
        int[] outputs = fused.getValue().outputs(config);
        long from = 0;
        for (int i = 0; i < outputs.length; i++) {
          Tensor part = whole.b().rows(from, from + outputs[i]);
          Module module = new Module(layer, fused.getValue().modules.get(i));
          if (left.put(module, new Factors(whole.a(), part)) != null) {
            throw fault(module.name(), "one change", "a second one by " + fused.getKey());
          }
          from += outputs[i];
        }
      }
    }

    private @Nullable Changes changes(int layer, Site site, Map<Module, Factors> left)
        throws ModelFormatException {
      List<Integer> products = new ArrayList<>();
      List<Matrix> a = new ArrayList<>();
      List<Matrix[]> b = new ArrayList<>();
      List<Panels> low = new ArrayList<>();
      List<Panels[]> change = new ArrayList<>();
      for (int i = 0; i < site.modules.size(); i++) {
        Factors factors = left.remove(new Module(layer, site.modules.get(i)));
        if (factors != null) {
          products.add(i);
          a.add(kernels.prepare(floats(factors.a(), 0), memory));
          int heads = site == Site.QUERY_KEY_VALUE ? interleaved(i) : 0;
          b.add(new Matrix[] {kernels.prepare(floats(factors.b(), heads), memory)});
          low.add(scratch.of(adapter.config().rank(), FIRST_LOW + i));
          change.add(new Panels[] {scratch.of(site.outputs(config)[i], 0)});
        }
      }
      return products.isEmpty()
          ? null
          : new Changes(
              products.stream().mapToInt(i -> i).toArray(),
              a.toArray(Matrix[]::new),
              b.toArray(Matrix[][]::new),
              low.toArray(Panels[]::new),
              change.toArray(Panels[][]::new));
    }

    /** How many heads' rows of a product are in another order than in Hugging Face files. */
    private int interleaved(int product) {
      if (config.pairing() != Rotation.Pairing.ADJACENT) {
        return 0;
      }
      return switch (product) {
        case 0 -> config.queryHeads();
        case 1 -> config.keyValueHeads();
        default -> 0;
      };
    }

    private Tensor floats(Tensor tensor, int heads) throws ModelFormatException {
      int count = Math.toIntExact(tensor.shape().elements());
      float[] values = new float[count];
      BlockFormat.of(tensor.type())
          .decode(tensor.data(), 0, values, 0, count / tensor.type().blockSize());
      for (float value : values) {
        if (!Float.isFinite(value)) {
          throw fault(tensor.name(), "finite values", String.valueOf(value));
        }
      }
      MemorySegment data = memory.allocateFrom(ValueLayout.JAVA_FLOAT, values);
      if (heads > 0) {
        int rows = Math.toIntExact(tensor.shape().rows());
        GgufConversion.interleave(MemorySegment.ofArray(values), data, rows, heads);
      }
      Shape shape = tensor.shape();
      return new Tensor(tensor.name(), TensorType.F32, shape, data);
    }

    private ModelFormatException fault(String where, String expected, String actual) {
      return LoraAdapter.fault("adapter " + adapter.name(), where, expected, actual);
    }
  }

  /** Where a site is in {@link #layers}. */
  @SuppressWarnings("EnumOrdinal") // an index of this class's own array
  static int index(Site site) {
    return site.ordinal();
  }
}
