package ai.kolm.model;

import ai.kolm.kernels.Rotation;
import ai.kolm.source.LoraAdapter;
import ai.kolm.source.LoraAdapter.Factors;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Quantizer;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.GgufWriter;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.TensorData;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A base with an adapter added to its weights, W + scale * B A (Hu et al. 2021, section 4.1), as a
 * new GGUF file. Every matrix keeps its type, or gets 8 bits where kolm reads the type but does not
 * write it. In 16 bits almost nothing is lost; in fewer, rounding takes a part of what was learned,
 * because a change is small beside the weights: measure before you ship.
 */
public final class AdapterMerge {
  private static final Pattern MATRIX = Pattern.compile("blk\\.(\\d+)\\.([a-z_]+)\\.weight");

  private static final Map<String, LoraModule> MODULES =
      Arrays.stream(LoraModule.values())
          .collect(Collectors.toUnmodifiableMap(LoraModule::ggufName, module -> module));

  /** What kolm writes. */
  private static final Set<TensorType> WRITTEN =
      EnumSet.of(
          TensorType.F32,
          TensorType.F16,
          TensorType.BF16,
          TensorType.Q8_0,
          TensorType.Q4_0,
          TensorType.Q4_K);

  private static final Set<TensorType> EXACT =
      EnumSet.of(TensorType.F32, TensorType.F16, TensorType.BF16);

  private final ModelConfig config;
  private final LoraAdapter adapter;

  private AdapterMerge(ModelConfig config, LoraAdapter adapter) {
    this.config = config;
    this.adapter = adapter;
  }

  /** Whether matrices of a model have at least 16 bits, so that merging loses almost nothing. */
  public static boolean isExact(GgufFile file) {
    return file.tensors().stream()
        .filter(tensor -> MATRIX.matcher(tensor.name()).matches() && tensor.shape().rank() == 2)
        .allMatch(tensor -> EXACT.contains(tensor.type()));
  }

  /** The type that merged matrices get where the file has one that kolm does not write. */
  public static Optional<TensorType> retyped(GgufFile file) {
    boolean all =
        file.tensors().stream()
            .filter(tensor -> MATRIX.matcher(tensor.name()).matches())
            .allMatch(tensor -> tensor.shape().rank() < 2 || WRITTEN.contains(tensor.type()));
    return all ? Optional.empty() : Optional.of(TensorType.Q8_0);
  }

  /**
   * Everything about the new file, ready to be written while both are open.
   *
   * @throws ModelFormatException {@code adapter_shape} if the adapter does not fit, or changes a
   *     matrix that the file has not as one
   */
  public static GgufWriter of(GgufFile file, LoraAdapter adapter) throws ModelFormatException {
    ModelConfig config = ModelLoader.config(file);
    ModelLoader.check(adapter, config);
    return new AdapterMerge(config, adapter).writer(file);
  }

  private GgufWriter writer(GgufFile file) throws ModelFormatException {
    GgufWriter writer = new GgufWriter();
    writer.metadataOf(file);
    Map<LoraAdapter.Module, Factors> left = new LinkedHashMap<>(adapter.factors());
    for (Tensor tensor : file.tensors()) {
      Matcher name = MATRIX.matcher(tensor.name());
      @Nullable LoraModule module = name.matches() ? MODULES.get(name.group(2)) : null;
      @Nullable Factors factors =
          module == null
              ? null
              : left.remove(new LoraAdapter.Module(Integer.parseInt(name.group(1)), module.path()));
      if (module == null || factors == null) {
        writer.tensor(tensor.name(), tensor.type(), tensor.shape(), TensorData.copyOf(tensor));
      } else {
        TensorType type = WRITTEN.contains(tensor.type()) ? tensor.type() : TensorType.Q8_0;
        writer.tensor(tensor.name(), type, tensor.shape(), sum(tensor, type, factors, module));
      }
    }
    if (!left.isEmpty()) {
      throw LoraAdapter.fault(
          "adapter " + adapter.name(),
          left.keySet().iterator().next().toString(),
          "matrices that the file has, each on its own",
          "one that it has not");
    }
    return writer;
  }

  private TensorData sum(Tensor tensor, TensorType type, Factors factors, LoraModule module) {
    return channel -> write(channel, tensor, type, factors, heads(module));
  }

  /** How many heads' rows are interleaved in the file; 0 for none. */
  private int heads(LoraModule module) {
    if (config.pairing() != Rotation.Pairing.ADJACENT) {
      return 0;
    }
    return switch (module) {
      case QUERY -> config.queryHeads();
      case KEY -> config.keyValueHeads();
      case VALUE, OUTPUT, GATE, UP, DOWN -> 0;
    };
  }

  private void write(
      WritableByteChannel channel, Tensor tensor, TensorType type, Factors factors, int heads)
      throws IOException {
    int rows = Math.toIntExact(tensor.shape().rows());
    int columns = Math.toIntExact(tensor.shape().columns());
    int rank = adapter.config().rank();
    float scale = adapter.config().scale();
    float[] a = floats(factors.a());
    float[] b = floats(factors.b());
    BlockFormat format = BlockFormat.of(tensor.type());
    Quantizer quantizer = Quantizer.of(type);
    float[] values = new float[columns];
    ByteBuffer encoded = ByteBuffer.allocate(Math.toIntExact(type.byteSize(columns)));
    for (int row = 0; row < rows; row++) {
      format.decode(
          tensor.data(), row * tensor.rowBytes(), values, 0, columns / tensor.type().blockSize());
      int from = heads == 0 ? row : rowOfHuggingFace(row, rows / heads);
      for (int r = 0; r < rank; r++) {
        float factor = scale * b[from * rank + r];
        for (int i = 0; i < columns; i++) {
          values[i] += factor * a[r * columns + i];
        }
      }
      quantizer.encode(
          values, 0, MemorySegment.ofBuffer(encoded.clear()), 0, columns / type.blockSize());
      while (encoded.hasRemaining()) {
        channel.write(encoded);
      }
    }
  }

  /** The inverse of {@link GgufConversion#interleave}. */
  private static int rowOfHuggingFace(int row, int dim) {
    int inHead = row % dim;
    return row - inHead + inHead / 2 + (inHead % 2) * (dim / 2);
  }

  private static float[] floats(Tensor tensor) {
    int elements = Math.toIntExact(tensor.shape().elements());
    float[] values = new float[elements];
    BlockFormat.of(tensor.type())
        .decode(tensor.data(), 0, values, 0, elements / tensor.type().blockSize());
    return values;
  }
}
