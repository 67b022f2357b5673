package ai.kolm.training;

import ai.kolm.kernels.Panels;
import ai.kolm.tensor.BlockFormat;
import ai.kolm.tensor.Tensor;
import ai.kolm.tensor.TensorType;
import ai.kolm.training.TrainingException.Reason;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.SafetensorsFile;
import ai.kolm.weights.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * All that decides how training goes on: weights, the optimizer's means, the best weights so far,
 * and counters. Written as {@code ckpt-<step>.safetensors}, of which the last two are kept.
 *
 * <pre>{@code
 * <name>                now, e.g. layers.0.self_attn.q_proj.a
 * <name>.mean           of gradients
 * <name>.square         of their squares
 * <name>.best           weights at the best step; only once there is one
 * __metadata__          step, best_step, best_dev, last_loss, without_gain, run
 * }</pre>
 *
 * <p>{@code run} is a digest of data, plan and base: a checkpoint of another run is refused.
 */
final class TrainingState {
  private static final Pattern NAME = Pattern.compile("ckpt-(\\d{1,9})\\.safetensors");
  private static final int KEPT = 2;

  private final String run;
  private final AdamW optimizer;
  private final Map<String, float[]> best = new HashMap<>();

  /** Steps done. */
  int step;

  /** The step with the lowest dev loss; 0 for none. */
  int bestStep;

  double bestDev = Double.POSITIVE_INFINITY;
  double lastLoss;

  /** Checks since the best. */
  int withoutGain;

  TrainingState(String run, AdamW optimizer) {
    this.run = run;
    this.optimizer = optimizer;
  }

  /** Remembers the weights of now as the best. */
  void remember(double dev) {
    bestStep = step;
    bestDev = dev;
    withoutGain = 0;
    for (AdamW.Tensor tensor : optimizer.tensors()) {
      best.put(tensor.name(), AdapterFiles.rows(tensor.value()));
    }
  }

  /** Sets the weights to the best, if there are any. */
  void recall() {
    for (AdamW.Tensor tensor : optimizer.tensors()) {
      float[] values = best.get(tensor.name());
      if (values != null) {
        fill(tensor.value(), values);
      }
    }
  }

  void save(Path folder) throws IOException {
    SafetensorsWriter writer =
        new SafetensorsWriter(
            Map.of(
                "run", run,
                "step", Integer.toString(step),
                "best_step", Integer.toString(bestStep),
                "best_dev", Double.toHexString(bestDev),
                "last_loss", Double.toHexString(lastLoss),
                "without_gain", Integer.toString(withoutGain)));
    for (AdamW.Tensor tensor : optimizer.tensors()) {
      add(writer, tensor.name(), tensor.value());
      add(writer, tensor.name() + ".mean", tensor.mean());
      add(writer, tensor.name() + ".square", tensor.square());
      float[] values = best.get(tensor.name());
      if (values != null) {
        writer.tensor(tensor.name() + ".best", shape(tensor.value()), () -> values);
      }
    }
    WholeFile.write(folder.resolve("ckpt-%d.safetensors".formatted(step)), writer::write);
    List<Path> all = checkpoints(folder);
    for (Path old : all.subList(0, Math.max(0, all.size() - KEPT))) {
      Files.deleteIfExists(old);
    }
  }

  private static void add(SafetensorsWriter writer, String name, Panels x) {
    writer.tensor(name, shape(x), () -> AdapterFiles.rows(x));
  }

  private static List<Long> shape(Panels x) {
    return List.of((long) x.rows(), (long) x.width());
  }

  /** Checkpoints by step, ascending. */
  private static List<Path> checkpoints(Path folder) throws IOException {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        files.filter(file -> number(file) >= 0).forEach(found::add);
      }
    }
    found.sort((a, b) -> Integer.compare(number(a), number(b)));
    return found;
  }

  private static int number(Path file) {
    Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
    return name.matches() ? Integer.parseInt(name.group(1)) : -1;
  }

  /**
   * Goes back to the last checkpoint of a folder.
   *
   * @return whether there is one
   * @throws TrainingException if it is of another run, or damaged
   */
  boolean load(Path folder) throws IOException, TrainingException {
    List<Path> all = checkpoints(folder);
    if (all.isEmpty()) {
      return false;
    }
    Path last = all.getLast();
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file = SafetensorsFile.open(last, arena);
      Map<String, String> metadata = file.metadata();
      if (!run.equals(metadata.get("run"))) {
        throw new TrainingException(
            Reason.CHECKPOINT,
            "%s belongs to a training with other data, another base or another plan"
                .formatted(last.getFileName()));
      }
      for (AdamW.Tensor tensor : optimizer.tensors()) {
        read(file, tensor.name(), tensor.value());
        read(file, tensor.name() + ".mean", tensor.mean());
        read(file, tensor.name() + ".square", tensor.square());
      }
      step = field(metadata, "step", Integer::parseInt);
      bestStep = field(metadata, "best_step", Integer::parseInt);
      bestDev = field(metadata, "best_dev", Double::parseDouble);
      lastLoss = field(metadata, "last_loss", Double::parseDouble);
      withoutGain = field(metadata, "without_gain", Integer::parseInt);
      loadBest(file);
      return true;
    } catch (ModelFormatException e) {
      throw new TrainingException(Reason.CHECKPOINT, String.valueOf(e.getMessage()));
    }
  }

  private void loadBest(SafetensorsFile file) throws ModelFormatException {
    best.clear();
    for (AdamW.Tensor tensor : optimizer.tensors()) {
      Panels x = tensor.value();
      if (bestStep > 0) {
        best.put(tensor.name(), values(file, tensor.name() + ".best", x));
      }
    }
  }

  private static <T> T field(Map<String, String> metadata, String name, Function<String, T> parse)
      throws TrainingException {
    String text = metadata.getOrDefault(name, "");
    try {
      return parse.apply(text);
    } catch (NumberFormatException e) {
      throw new TrainingException(
          Reason.CHECKPOINT, "checkpoint: %s is \"%s\"".formatted(name, text));
    }
  }

  private static void read(SafetensorsFile file, String name, Panels target)
      throws ModelFormatException {
    fill(target, values(file, name, target));
  }

  private static float[] values(SafetensorsFile file, String name, Panels like)
      throws ModelFormatException {
    Tensor tensor = file.weights().get(name, like.rows(), like.width());
    if (tensor.type() != TensorType.F32) {
      throw new ModelFormatException(name, "expected F32, got " + tensor.type());
    }
    float[] values = new float[like.rows() * like.width()];
    BlockFormat.of(tensor.type()).decode(tensor.data(), 0, values, 0, values.length);
    return values;
  }

  private static void fill(Panels target, float[] values) {
    float[] row = new float[target.width()];
    for (int r = 0; r < target.rows(); r++) {
      System.arraycopy(values, r * row.length, row, 0, row.length);
      target.setRow(r, row);
    }
  }
}
