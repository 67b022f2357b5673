package ai.kolm.training;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import ai.kolm.kernels.LowRank;
import ai.kolm.kernels.Panels;
import ai.kolm.model.FrozenDecoder;
import ai.kolm.model.LoraModule;
import ai.kolm.model.LoraShape;
import ai.kolm.model.LoraWeights;
import ai.kolm.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/**
 * An adapter as Hugging Face PEFT saves it: a folder of
 *
 * <pre>{@code
 * adapter_model.safetensors   base_model.model.model.layers.N.self_attn.q_proj.lora_A.weight (rank, inputs)
 *                             base_model.model.model.layers.N.self_attn.q_proj.lora_B.weight (outputs, rank)
 * adapter_config.json         r, lora_alpha, target_modules, ...
 * }</pre>
 *
 * <p>Rows of B are in the order of Hugging Face models, whatever file the base came from.
 */
final class AdapterFiles {
  static final String WEIGHTS = "adapter_model.safetensors";
  static final String CONFIG = "adapter_config.json";

  private AdapterFiles() {}

  /**
   * Writes both files.
   *
   * @param base what {@code base_model_name_or_path} says
   */
  static void write(Path folder, String base, FrozenDecoder frozen, LoraWeights lora)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter(Map.of("format", "pt"));
    lora.forEach(
        (layer, module, pair) -> {
          String name = "base_model.model.model.layers.%d.%s".formatted(layer, module.path());
          int[] order = order(module, frozen, pair.outputs());
          writer.tensor(
              name + ".lora_A.weight",
              List.of((long) pair.rank(), (long) pair.inputs()),
              () -> rows(pair.a()));
          writer.tensor(
              name + ".lora_B.weight",
              List.of((long) pair.outputs(), (long) pair.rank()),
              () -> columns(pair, order));
        });
    WholeFile.write(folder.resolve(WEIGHTS), writer::write);
    byte[] config = (JsonText.of(config(base, lora.shape())) + "\n").getBytes(UTF_8);
    WholeFile.write(
        folder.resolve(CONFIG), channel -> Channels.newOutputStream(channel).write(config));
  }

  /** All elements, row by row. */
  static float[] rows(Panels x) {
    float[] values = new float[x.rows() * x.width()];
    float[] row = new float[x.width()];
    for (int r = 0; r < x.rows(); r++) {
      x.copyRow(r, row);
      System.arraycopy(row, 0, values, r * row.length, row.length);
    }
    return values;
  }

  /** B, from its transposed form. */
  private static float[] columns(LowRank pair, int[] order) {
    float[] values = new float[pair.outputs() * pair.rank()];
    for (int o = 0; o < pair.outputs(); o++) {
      for (int r = 0; r < pair.rank(); r++) {
        values[o * pair.rank() + r] = pair.b().get(r, order[o]);
      }
    }
    return values;
  }

  /** For each row in the order of Hugging Face models, which row it is here. */
  static int[] order(LoraModule module, FrozenDecoder frozen, int outputs) {
    int[] order = new int[outputs];
    int dim = frozen.config().headDim();
    boolean turned = module == LoraModule.QUERY || module == LoraModule.KEY;
    for (int o = 0; o < outputs; o++) {
      int inHead = o % dim;
      int pair = inHead % (dim / 2);
      int half = inHead / (dim / 2);
      order[o] = turned && frozen.pairsAreAdjacent() ? o - inHead + 2 * pair + half : o;
    }
    return order;
  }

  private static Json config(String base, LoraShape shape) {
    SequencedMap<String, Json> members = new LinkedHashMap<>();
    members.put("base_model_name_or_path", new Json.Str(base));
    members.put("bias", new Json.Str("none"));
    members.put("fan_in_fan_out", new Json.Bool(false));
    members.put("inference_mode", new Json.Bool(true));
    members.put("lora_alpha", new Json.Real(shape.alpha()));
    members.put("lora_dropout", new Json.Real(0));
    members.put("modules_to_save", new Json.Null());
    members.put("peft_type", new Json.Str("LORA"));
    members.put("r", new Json.Int(shape.rank()));
    members.put(
        "target_modules",
        new Json.Arr(
            shape.modules().stream()
                .<Json>map(module -> new Json.Str(module.targetName()))
                .toList()));
    members.put("task_type", new Json.Str("CAUSAL_LM"));
    members.put("use_dora", new Json.Bool(false));
    members.put("use_rslora", new Json.Bool(false));
    return new Json.Obj(members);
  }
}
