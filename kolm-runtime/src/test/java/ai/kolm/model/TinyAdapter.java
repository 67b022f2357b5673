package ai.kolm.model;

import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import ai.kolm.weights.SafetensorsFile;
import java.lang.foreign.Arena;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A LoRA adapter of all linear modules of a tiny model, as PEFT would save it, and the model into
 * which it is merged, W + alpha / rank * B A, computed in 64 bits: what applying the adapter must
 * give.
 *
 * @param directory of the adapter
 * @param merged directory of the merged model
 */
record TinyAdapter(Path directory, Path merged) {
  private static final Pattern MODULE =
      Pattern.compile("(.*layers\\.[0-9]+\\.(?:self_attn|mlp)\\.[a-z_]+_proj)\\.weight");
  private static final int RANK = 5;
  private static final int ALPHA = 8;

  /** Writes both for the Hugging Face model in {@code base}, into {@code folder}. */
  static TinyAdapter write(Path base, Path folder, String name, long seed) throws Exception {
    Path adapter = Files.createDirectories(folder.resolve(name));
    Path merged = Files.createDirectories(folder.resolve(name + "-merged"));
    List<TinyTensor> factors = new ArrayList<>();
    List<TinyTensor> tensors = new ArrayList<>();
    Random random = new Random(seed);
    try (Arena arena = Arena.ofConfined()) {
      for (Tensor tensor : SafetensorsFile.open(base, arena).tensors()) {
        List<Integer> shape = shape(tensor);
        float[] values = floats(tensor);
        Matcher module = MODULE.matcher(tensor.name());
        if (module.matches()) {
          String stem = "base_model.model." + module.group(1) + ".lora_";
          float[] a = random(random, RANK * shape.get(1));
          float[] b = random(random, shape.get(0) * RANK);
          factors.add(
              new TinyTensor(stem + "A.weight", TensorType.F32, List.of(RANK, shape.get(1)), a));
          factors.add(
              new TinyTensor(stem + "B.weight", TensorType.F32, List.of(shape.get(0), RANK), b));
          merge(values, shape.get(1), a, b);
        }
        tensors.add(new TinyTensor(tensor.name(), TensorType.F32, shape, values));
      }
    }
    Files.write(adapter.resolve("adapter_model.safetensors"), TinySafetensors.bytes(factors));
    Files.writeString(adapter.resolve("adapter_config.json"), config(Map.of()));
    try (DirectoryStream<Path> others = Files.newDirectoryStream(base, "*.json")) {
      for (Path other : others) {
        if (!other.toString().endsWith(".index.json")) {
          Files.copy(other, merged.resolve(other.getFileName()));
        }
      }
    }
    Files.write(merged.resolve("model.safetensors"), TinySafetensors.bytes(tensors));
    return new TinyAdapter(adapter, merged);
  }

  /** What PEFT 0.17 writes, with some members changed. */
  static String config(Map<String, String> changes) {
    Map<String, String> members = new HashMap<>();
    members.put("peft_type", "\"LORA\"");
    members.put("r", Integer.toString(RANK));
    members.put("lora_alpha", Integer.toString(ALPHA));
    members.put("lora_dropout", "0.05");
    members.put("target_modules", "[\"q_proj\",\"v_proj\"]");
    members.put("bias", "\"none\"");
    members.put("use_rslora", "false");
    members.put("use_dora", "false");
    members.put("fan_in_fan_out", "false");
    members.put("modules_to_save", "null");
    members.put("rank_pattern", "{}");
    members.put("init_lora_weights", "true");
    members.put("task_type", "\"CAUSAL_LM\"");
    members.putAll(changes);
    List<String> texts = new ArrayList<>();
    members.forEach((key, value) -> texts.add("\"%s\":%s".formatted(key, value)));
    return "{" + String.join(",", texts) + "}";
  }

  private static float[] random(Random random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (0.1 * random.nextGaussian());
    }
    return values;
  }

  private static void merge(float[] w, int columns, float[] a, float[] b) {
    for (int i = 0; i < w.length; i++) {
      double sum = 0;
      for (int k = 0; k < RANK; k++) {
        sum += (double) b[i / columns * RANK + k] * a[k * columns + i % columns];
      }
      w[i] = (float) (w[i] + sum * ALPHA / RANK);
    }
  }

  private static List<Integer> shape(Tensor tensor) {
    return tensor.shape().rank() == 1
        ? List.of((int) tensor.shape().elements())
        : List.of((int) tensor.shape().rows(), (int) tensor.shape().columns());
  }

  private static float[] floats(Tensor tensor) {
    float[] values = new float[(int) tensor.shape().elements()];
    BlockFormat.of(tensor.type()).decode(tensor.data(), 0, values, 0, values.length);
    return values;
  }
}
