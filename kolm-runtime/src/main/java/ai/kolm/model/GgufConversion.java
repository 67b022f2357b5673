package ai.kolm.model;

import ai.kolm.json.JsonObject;
import ai.kolm.kernels.Rotation;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.GgufWriter;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.QuantizationPlan;
import ai.kolm.weights.SafetensorsFile;
import ai.kolm.weights.TensorData;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A Hugging Face model as a GGUF file, quantized on the way. Names change; in families that turn
 * adjacent dimensions together, rows of queries and keys are interleaved, head by head, because
 * Hugging Face turns halves; and norm weights that are stored as the factor less 1 become the
 * factor. The tokenizer is not part of the file: it stays {@code tokenizer.json}.
 */
public final class GgufConversion {
  private static final List<String> MODULES =
      List.of(
          "attn_norm",
          "attn_q",
          "attn_k",
          "attn_v",
          "attn_qkv",
          "attn_q_norm",
          "attn_k_norm",
          "attn_output",
          "post_attention_norm",
          "ffn_norm",
          "ffn_gate",
          "ffn_up",
          "ffn_down",
          "post_ffw_norm");
  private static final List<String> KINDS = List.of(".weight", ".bias");

  private final Architecture architecture;
  private final ModelConfig config;
  private final TypeChoice types;
  private final WeightNames names;
  private final Map<String, Tensor> tensors = new HashMap<>();
  private final GgufWriter writer = new GgufWriter();

  /** Which type a matrix gets. */
  interface TypeChoice {
    TensorType typeOf(String name, Tensor tensor);
  }

  private GgufConversion(
      SafetensorsFile file, Architecture architecture, ModelConfig config, TypeChoice types) {
    this.architecture = architecture;
    this.config = config;
    this.types = types;
    this.names = new WeightNames(file.weights(), architecture);
    file.tensors().forEach(tensor -> tensors.put(tensor.name(), tensor));
  }

  /**
   * Everything about the new file, ready to be written while {@code file} is open.
   *
   * @param name of the model, for messages and for the file's metadata
   * @param json {@code config.json}
   * @throws ModelFormatException if the model is none that kolm knows
   */
  public static GgufWriter of(
      SafetensorsFile file, String name, JsonObject json, QuantizationPlan plan)
      throws ModelFormatException {
    return of(file, name, json, plan::typeOf);
  }

  static GgufWriter of(SafetensorsFile file, String name, JsonObject json, TypeChoice types)
      throws ModelFormatException {
    Architecture architecture = Architecture.of(name, json);
    ModelConfig config = architecture.config(name, Architecture.text(name, json));
    GgufConversion conversion = new GgufConversion(file, architecture, config, types);
    new GgufHeader(config, conversion.writer).write(name);
    conversion.addTensors(name);
    return conversion.writer;
  }

  private void addTensors(String name) throws ModelFormatException {
    add("token_embd.weight");
    add("output_norm.weight");
    add("output.weight");
    for (int layer = 0; layer < config.layers(); layer++) {
      for (String module : MODULES) {
        for (String kind : KINDS) {
          add("blk." + layer + "." + module + kind);
        }
      }
    }
    if (!tensors.containsKey(names.name("token_embd.weight"))) {
      throw new ModelFormatException(
          name, "there is no tensor " + names.name("token_embd.weight") + ": no language model");
    }
  }

  /** Declares the tensor that GGUF calls {@code name}, if the model has it. */
  private void add(String name) {
    Tensor tensor = tensors.get(names.name(name));
    if (tensor == null) {
      return;
    }
    if (tensor.shape().rank() == 1) {
      float offset = name.endsWith("norm.weight") ? architecture.normOffset() : 0;
      writer.tensor(name, TensorType.F32, tensor.shape(), vector(tensor, heads(name), offset));
      return;
    }
    TensorType type = types.typeOf(name, tensor);
    writer.tensor(name, type, tensor.shape(), matrix(tensor, heads(name), type));
  }

  /** How many heads' rows are to be interleaved; 0 for none. */
  private int heads(String name) {
    if (architecture.ggufPairing() != Rotation.Pairing.ADJACENT) {
      return 0;
    }
    if (name.contains(".attn_q.")) {
      return config.queryHeads();
    }
    return name.contains(".attn_k.") ? config.keyValueHeads() : 0;
  }

  private static TensorData matrix(Tensor tensor, int heads, TensorType type) {
    if (heads == 0) {
      return TensorData.quantized(tensor, type);
    }
    return channel -> {
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment copy = arena.allocate(tensor.data().byteSize(), Long.BYTES);
        interleave(tensor.data(), copy, (int) tensor.shape().rows(), heads);
        Tensor interleaved = new Tensor(tensor.name(), tensor.type(), tensor.shape(), copy);
        TensorData.quantized(interleaved, type).writeTo(channel);
      }
    };
  }

  private static TensorData vector(Tensor tensor, int heads, float offset) {
    return channel -> {
      int length = (int) tensor.shape().elements();
      float[] values = new float[length];
      BlockFormat.of(tensor.type()).decode(tensor.data(), 0, values, 0, length);
      for (int i = 0; i < length; i++) {
        values[i] += offset;
      }
      float[] ordered = values;
      if (heads > 0) {
        ordered = new float[length];
        interleave(MemorySegment.ofArray(values), MemorySegment.ofArray(ordered), length, heads);
      }
      TensorData.ofFloats(ordered).writeTo(channel);
    };
  }

  /** Row h * d + j of the first half of head h becomes h * d + 2j; of the second half 2j + 1. */
  static void interleave(MemorySegment from, MemorySegment to, int rows, int heads) {
    long rowBytes = from.byteSize() / rows;
    int dim = rows / heads;
    int half = dim / 2;
    for (int row = 0; row < rows; row++) {
      int inHead = row % dim;
      int target = row - inHead + (inHead < half ? 2 * inHead : 2 * (inHead - half) + 1);
      MemorySegment.copy(from, row * rowBytes, to, target * rowBytes, rowBytes);
    }
  }
}
