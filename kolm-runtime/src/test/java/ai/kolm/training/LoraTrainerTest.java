package ai.kolm.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelLoaders;
import ai.kolm.model.TinyModels;
import ai.kolm.source.ModelFiles;
import ai.kolm.tensor.Tensor;
import ai.kolm.weights.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training a tiny model to answer a letter by the one that a table says. */
class LoraTrainerTest {
  private static final int FIRST = 30;
  private static final int LETTERS = 24;
  private static final TrainingPlan PLAN =
      TrainingPlan.DEFAULT
          .withTokens(160, 40)
          .withEpochs(2)
          .withOptimizer(OptimizerSettings.DEFAULT.withRate(1e-2));

  @TempDir private Path folder;
  private Path base;

  @BeforeEach
  void writeBase() throws Exception {
    base = TinyModels.writeGguf("llama", folder);
  }

  @Test
  void learnsAPlantedMapping() throws Exception {
    List<TrainingProgress> progress = new ArrayList<>();
    try (ModelFiles files = ModelFiles.open(base);
        LoraTrainer trainer = open(files, 2, PLAN.withEpochs(12), data())) {
      TrainingResult result = trainer.run(folder.resolve("run"), progress::add);
      double first = progress.getFirst().loss();
      assertTrue(first > 4, "loss of an untrained model: " + first);
      assertTrue(result.devLoss().getAsDouble() < 0.1, "dev loss: " + result.devLoss());
      assertTrue(trainer.estimate().steps() >= result.steps());
      trainer.writeAdapter(folder.resolve("adapter"), "llama");
    }
    List<String> log = Files.readAllLines(folder.resolve("run/loss.csv"));
    assertEquals("step,epoch,loss,dev,rate,norm,tokens,seconds", log.getFirst());
    assertEquals(progress.size() + 1, log.size());
    assertTrue(progress.stream().anyMatch(p -> p.devLoss().isPresent()));
    checkAdapter(folder.resolve("adapter"));
  }

  /** The names and shapes that PEFT gives. */
  private static void checkAdapter(Path adapter) throws Exception {
    JsonObject config =
        JsonObject.of(
            JsonReader.read(
                Files.readAllBytes(adapter.resolve("adapter_config.json")), JsonLimits.DEFAULT),
            "");
    assertEquals("LORA", config.string("peft_type"));
    assertEquals(16, config.integer("r"));
    assertEquals(
        List.of("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
        config.strings("target_modules"));
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsFile file =
          SafetensorsFile.open(adapter.resolve("adapter_model.safetensors"), arena);
      assertEquals(3 * 7 * 2, file.tensors().size());
      String layer = "base_model.model.model.layers.2.";
      Tensor a = file.weights().get(layer + "mlp.down_proj.lora_A.weight", 16, 160);
      assertEquals(16 * 160, a.shape().elements());
      file.weights().get(layer + "self_attn.k_proj.lora_B.weight", 48, 16);
    }
  }

  @Test
  void interruptedAnywhereEndsInTheSameBits() throws Exception {
    byte[] expected = train(folder.resolve("whole"), 2, PLAN, Integer.MAX_VALUE);
    Path broken = folder.resolve("broken");
    Random random = new Random(3);
    int resumed = 0;
    byte[] result = {};
    while (result.length == 0) {
      result = train(broken, 1 << random.nextInt(3), PLAN, 1 + random.nextInt(4));
      resumed++;
    }
    assertTrue(resumed > 3, "resumed " + resumed + " times");
    assertArrayEquals(expected, result);
    assertEquals(
        withoutSeconds(folder.resolve("whole/loss.csv")),
        withoutSeconds(broken.resolve("loss.csv")));
    try (var files = Files.list(broken)) {
      assertTrue(files.filter(file -> file.toString().contains("ckpt-")).count() <= 2);
    }
  }

  private static List<String> withoutSeconds(Path log) throws IOException {
    return Files.readAllLines(log).stream().map(l -> l.substring(0, l.lastIndexOf(','))).toList();
  }

  private static final class Interrupted extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** The bytes of the adapter; none if training was ended after so many steps. */
  private byte[] train(Path run, int threads, TrainingPlan plan, int steps) throws Exception {
    try (ModelFiles files = ModelFiles.open(base);
        LoraTrainer trainer = open(files, threads, plan, data())) {
      int[] left = {steps};
      trainer.run(
          run,
          _ -> {
            if (--left[0] == 0) {
              throw new Interrupted();
            }
          });
      trainer.writeAdapter(run.resolve("adapter"), "llama");
      return Files.readAllBytes(run.resolve("adapter/adapter_model.safetensors"));
    } catch (Interrupted e) {
      return new byte[0];
    }
  }

  @Test
  void lessMemoryChangesNoBit() throws Exception {
    TrainingPlan plan = PLAN.withEpochs(1);
    byte[] expected = train(folder.resolve("much"), 2, plan, Integer.MAX_VALUE);
    long least;
    try (ModelFiles files = ModelFiles.open(base);
        LoraTrainer trainer = open(files, 1, plan, data())) {
      least = trainer.estimate().memory().least();
      assertEquals(0, trainer.estimate().recomputedLayers());
      assertTrue(trainer.measureSeconds() > 0);
    }
    try (ModelFiles files = ModelFiles.open(base);
        LoraTrainer trainer = open(files, 1, plan.withMemory(least), data())) {
      assertEquals(3, trainer.estimate().recomputedLayers());
      trainer.run(folder.resolve("little"), _ -> {});
      trainer.writeAdapter(folder.resolve("little/adapter"), "llama");
    }
    assertArrayEquals(
        expected, Files.readAllBytes(folder.resolve("little/adapter/adapter_model.safetensors")));
    try (ModelFiles files = ModelFiles.open(base)) {
      TrainingException e =
          assertThrows(
              TrainingException.class,
              () -> open(files, 1, plan.withMemory(least - 1), data()).close());
      assertEquals(TrainingException.Reason.MEMORY, e.reason());
      assertTrue(
          String.valueOf(e.getMessage()).startsWith("training takes at least"), e.getMessage());
    }
  }

  @Test
  void refusesTheCheckpointOfAnotherTraining() throws Exception {
    train(folder.resolve("run"), 1, PLAN, 2);
    TrainingPlan other = PLAN.withSeed(99);
    TrainingException e =
        assertThrows(TrainingException.class, () -> train(folder.resolve("run"), 1, other, 2));
    assertEquals(TrainingException.Reason.CHECKPOINT, e.reason());
    assertEquals(
        "ckpt-2.safetensors belongs to a training with other data, another base or another plan",
        e.getMessage());
  }

  @Test
  void refusesADamagedCheckpoint() throws Exception {
    Path run = folder.resolve("run");
    train(run, 1, PLAN, 3);
    Path checkpoint = run.resolve("ckpt-3.safetensors");
    byte[] bytes = Files.readAllBytes(checkpoint);
    Files.write(checkpoint, Arrays.copyOf(bytes, bytes.length / 2));
    TrainingException e = assertThrows(TrainingException.class, () -> train(run, 1, PLAN, 2));
    assertEquals(TrainingException.Reason.CHECKPOINT, e.reason());
  }

  @Test
  void namesTheStepWhoseNumbersAreNotFinite() throws Exception {
    // The weights at the end of the file are single precision.
    byte[] bytes = Files.readAllBytes(base);
    ByteBuffer.wrap(bytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putFloat(bytes.length - Float.BYTES, Float.NaN);
    Files.write(base, bytes);
    TrainingException e =
        assertThrows(TrainingException.class, () -> train(folder.resolve("run"), 1, PLAN, 9));
    assertEquals(TrainingException.Reason.NOT_FINITE, e.reason());
    assertEquals("step 1: the loss is NaN", e.getMessage());
  }

  @Test
  void refusesExamplesThatDoNotFit() throws Exception {
    try (ModelFiles files = ModelFiles.open(base)) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> open(files, 1, PLAN.withTokens(100, 8), data()).close());
      assertEquals("an example has 9 tokens, at most 8", e.getMessage());
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new TrainingExample(new int[] {1, 2}, new boolean[] {false, false}));
    assertFalse(data().train().isEmpty());
  }

  private static LoraTrainer open(
      ModelFiles files, int threads, TrainingPlan plan, TrainingData data) throws Exception {
    ModelLoader loader = ModelLoaders.of(KernelSelection.best(), threads);
    return LoraTrainer.open(loader, files, "tiny", plan, data);
  }

  /** Some tokens in front, then a letter, then its partner and the end. */
  private static TrainingData data() {
    List<TrainingExample> examples = new ArrayList<>();
    Random random = new Random(5);
    for (int i = 0; i < 144; i++) {
      int letter = i % LETTERS;
      int partner = FIRST + LETTERS + (letter * 7) % LETTERS;
      int[] noise = random.ints(i % 4 + 1, 100, 400).toArray();
      int[] tokens = new int[noise.length + 5];
      System.arraycopy(noise, 0, tokens, 1, noise.length);
      tokens[noise.length + 1] = 3;
      tokens[noise.length + 2] = FIRST + letter;
      tokens[noise.length + 3] = partner;
      tokens[noise.length + 4] = 2;
      boolean[] learned = new boolean[tokens.length];
      learned[noise.length + 3] = true;
      learned[noise.length + 4] = true;
      examples.add(new TrainingExample(tokens, learned));
    }
    return new TrainingData(examples.subList(0, 120), examples.subList(120, 144));
  }
}
