package ai.kolm.training;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.kernels.LowRank;
import ai.kolm.kernels.Panels;
import ai.kolm.model.FrozenDecoder;
import ai.kolm.model.LoraDecoder;
import ai.kolm.model.LoraModule;
import ai.kolm.model.LoraWeights;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.TrainingMemory;
import ai.kolm.model.TrainingRow;
import ai.kolm.source.ModelFiles;
import ai.kolm.training.TrainingException.Reason;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * Trains a LoRA adapter beside a frozen model.
 *
 * <pre>{@code
 * ModelLoader loader = ModelLoader.of(Optional.empty(), 2, config -> ModelOptions.exact(1, 1, 1));
 * try (ModelFiles files = ModelFiles.open(base);
 *     LoraTrainer trainer = LoraTrainer.open(loader, files, digest, TrainingPlan.DEFAULT, data)) {
 *   TrainingResult result = trainer.run(folder, progress -> show(progress));
 *   trainer.writeAdapter(target, "qwen2.5-0.5b");
 * }
 * }</pre>
 *
 * <p>The result is a function of base, data and plan: the same bits on any kernels, with any number
 * of threads, however much memory there is, and however often training was interrupted and resumed.
 *
 * <p>One thread at a time.
 */
public final class LoraTrainer implements AutoCloseable {
  private static final int CHECKPOINT_STEPS = 50;
  private static final double CHECKPOINT_SECONDS = 300;
  private static final double SHARE_OF_MEMORY = 0.8;
  private static final double NANOS = 1e9;

  private final FrozenDecoder frozen;
  private final TrainingPlan plan;
  private final Curriculum curriculum;
  private final TrainingEstimate estimate;
  private final LoraWeights lora;
  private final LoraDecoder decoder;
  private final AdamW optimizer;
  private final TrainingState state;
  private final List<TrainingRow> devRows;

  private LoraTrainer(
      FrozenDecoder frozen,
      TrainingPlan plan,
      Curriculum curriculum,
      TrainingEstimate estimate,
      String run,
      int maxTokens) {
    this.frozen = frozen;
    this.plan = plan;
    this.curriculum = curriculum;
    this.estimate = estimate;
    lora = new LoraWeights(plan.lora(), frozen.config(), frozen.arena());
    lora.forEach(this::begin);
    int kept = frozen.config().layers() - estimate.recomputedLayers();
    decoder = new LoraDecoder(frozen, lora, maxTokens, kept);
    optimizer = new AdamW(lora, plan.optimizer(), frozen.arena());
    state = new TrainingState(run, optimizer);
    devRows = curriculum.devRows();
  }

  /**
   * Prepares a training: works out what it takes, then allocates it.
   *
   * @param loader says on which kernels and threads to compute
   * @param files the base; must stay open as long as this
   * @param baseDigest of the base: what a checkpoint is bound to
   * @throws ModelFormatException if the base cannot be trained
   * @throws TrainingException if there is too little memory, with both numbers
   * @throws IllegalArgumentException if an example is longer than a row of the plan, or than the
   *     context of the base
   */
  public static LoraTrainer open(
      ModelLoader loader, ModelFiles files, String baseDigest, TrainingPlan plan, TrainingData data)
      throws ModelFormatException, TrainingException {
    FrozenDecoder frozen = loader.freeze(files);
    boolean opened = false;
    try {
      if (data.longest() > frozen.config().contextLength()) {
        throw new IllegalArgumentException(
            "an example has %,d tokens, the base was made for %,d"
                .formatted(data.longest(), frozen.config().contextLength()));
      }
      Curriculum curriculum = new Curriculum(data, plan);
      int maxTokens = curriculum.longestRow();
      TrainingEstimate estimate = estimate(frozen, plan, data, curriculum, maxTokens);
      String run = digest(baseDigest, plan, data);
      LoraTrainer trainer = new LoraTrainer(frozen, plan, curriculum, estimate, run, maxTokens);
      opened = true;
      return trainer;
    } finally {
      if (!opened) {
        frozen.close();
      }
    }
  }

  private static TrainingEstimate estimate(
      FrozenDecoder frozen,
      TrainingPlan plan,
      TrainingData data,
      Curriculum curriculum,
      int maxTokens)
      throws TrainingException {
    TrainingMemory memory = TrainingMemory.of(frozen, plan.lora(), maxTokens);
    long available =
        plan.memory()
            .orElseGet(
                () ->
                    (long)
                        (SHARE_OF_MEMORY * TrainingMemory.available().orElse(Long.MAX_VALUE >> 1)));
    int kept = memory.keptLayers(available);
    if (kept < 0) {
      throw new TrainingException(
          Reason.MEMORY,
          "training takes at least %,d MiB, there are %,d MiB: shorter rows or a smaller base take"
                  .formatted(memory.least() >> 20, available >> 20)
              + " less");
    }
    long tokens = data.train().stream().mapToLong(TrainingExample::length).sum();
    return new TrainingEstimate(
        memory,
        memory.bytes(kept),
        memory.layers() - kept,
        curriculum.steps(),
        tokens * plan.epochs(),
        LoraWeights.parameters(plan.lora(), frozen.config()));
  }

  private static String digest(String base, TrainingPlan plan, TrainingData data) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      String text = String.join("\n", base, plan.identity(), data.digest());
      return HexFormat.of().formatHex(sha.digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A is uniform with variance 1 / inputs; B is zero, so that training starts from the base. */
  private void begin(int layer, LoraModule module, LowRank pair) {
    Panels a = pair.a();
    float bound = (float) Math.sqrt(3.0 / pair.inputs());
    long stream = CounterHash.of(plan.seed(), layer, module.path().hashCode());
    for (int r = 0; r < a.rows(); r++) {
      for (int c = 0; c < a.width(); c++) {
        long index = (long) r * a.width() + c;
        a.set(r, c, bound * CounterHash.signed(plan.seed(), stream, index));
      }
    }
    pair.refresh();
  }

  /** What this training takes. */
  public TrainingEstimate estimate() {
    return estimate;
  }

  /** The name of the kernels it runs on. */
  public String kernelName() {
    return frozen.kernelName();
  }

  /**
   * Seconds that all steps would take, from timing the first row twice: the first time code is
   * compiled. Changes nothing.
   */
  public double measureSeconds() {
    TrainingRow row = curriculum.rows(0).getFirst();
    double seconds = 0;
    for (int i = 0; i < 2; i++) {
      long before = System.nanoTime();
      decoder.addGradients(row, 1);
      seconds = (System.nanoTime() - before) / NANOS;
    }
    lora.forEach((_, _, pair) -> pair.clearGradients());
    return seconds / row.tokens().length * estimate.tokens();
  }

  /**
   * Trains to the end; afterwards the adapter has the weights of the best step. Writes checkpoints
   * and {@code loss.csv} into a folder, and continues what it finds there.
   *
   * @param folder of this training alone
   * @param listener hears of every step; what it throws ends the training after a checkpoint
   * @throws TrainingException if a checkpoint does not fit, or a number is not finite
   * @throws IOException if the folder cannot be read or written
   */
  public TrainingResult run(Path folder, Consumer<TrainingProgress> listener)
      throws IOException, TrainingException {
    if (state.load(folder)) {
      lora.forEach((_, _, pair) -> pair.refresh());
    }
    LossLog log = new LossLog(folder.resolve("loss.csv"), state.step);
    long begun = System.nanoTime();
    long saved = begun;
    int first = state.step;
    while (state.step < curriculum.steps() && state.withoutGain < plan.patience()) {
      TrainingProgress progress = step(begun, first);
      log.add(progress);
      if (state.step % CHECKPOINT_STEPS == 0
          || System.nanoTime() - saved > CHECKPOINT_SECONDS * NANOS) {
        state.save(folder);
        saved = System.nanoTime();
      }
      tell(listener, progress, folder);
    }
    if (state.step > first) {
      state.save(folder);
    }
    return finish();
  }

  private void tell(Consumer<TrainingProgress> listener, TrainingProgress progress, Path folder)
      throws IOException {
    boolean heard = false;
    try {
      listener.accept(progress);
      heard = true;
    } finally {
      if (!heard) {
        state.save(folder);
      }
    }
  }

  private TrainingResult finish() {
    state.recall();
    lora.forEach((_, _, pair) -> pair.refresh());
    boolean chosen = state.bestStep > 0;
    return new TrainingResult(
        state.step,
        chosen ? state.bestStep : state.step,
        state.lastLoss,
        chosen ? OptionalDouble.of(state.bestDev) : OptionalDouble.empty(),
        state.step < curriculum.steps());
  }

  private TrainingProgress step(long begun, int first) throws TrainingException {
    long before = System.nanoTime();
    int index = state.step;
    List<TrainingRow> rows = curriculum.rows(index);
    int learned = rows.stream().mapToInt(TrainingRow::learnedTokens).sum();
    int tokens = rows.stream().mapToInt(row -> row.tokens().length).sum();
    double sum = 0;
    for (TrainingRow row : rows) {
      sum += decoder.addGradients(row, 1f / learned);
    }
    double loss = sum / learned;
    double norm = check(index, loss);
    double rate = plan.optimizer().rate(index, curriculum.steps());
    optimizer.step(index + 1, rate, norm);
    state.step = index + 1;
    state.lastLoss = loss;
    OptionalDouble dev = curriculum.isCheck(index) ? dev() : OptionalDouble.empty();
    long now = System.nanoTime();
    double perStep = (now - begun) / NANOS / (state.step - first);
    return new TrainingProgress(
        state.step,
        curriculum.steps(),
        curriculum.epoch(index) + 1,
        loss,
        dev,
        rate,
        norm,
        tokens,
        (now - before) / NANOS,
        perStep * (curriculum.steps() - state.step),
        estimate.bytes());
  }

  /** The norm of the gradient, if that and the loss are numbers. */
  private double check(int index, double loss) throws TrainingException {
    try {
      if (!Double.isFinite(loss)) {
        throw new TrainingException(Reason.NOT_FINITE, "the loss is " + loss);
      }
      return optimizer.norm();
    } catch (TrainingException e) {
      throw new TrainingException(e.reason(), "step %d: %s".formatted(index + 1, e.getMessage()));
    }
  }

  /** Looks at the dev part, and keeps the weights if they are the best so far. */
  private OptionalDouble dev() {
    if (devRows.isEmpty()) {
      return OptionalDouble.empty();
    }
    double sum = 0;
    long learned = 0;
    for (TrainingRow row : devRows) {
      sum += decoder.loss(row);
      learned += row.learnedTokens();
    }
    double loss = sum / learned;
    if (loss < state.bestDev) {
      state.remember(loss);
    } else {
      state.withoutGain++;
    }
    return OptionalDouble.of(loss);
  }

  /**
   * Writes the adapter as PEFT does: {@code adapter_model.safetensors} and {@code
   * adapter_config.json}, each complete or absent.
   *
   * @param base what the configuration says it was trained on
   */
  public void writeAdapter(Path folder, String base) throws IOException {
    AdapterFiles.write(folder, base, frozen, lora);
  }

  /** Frees all memory; the files stay open. */
  @Override
  public void close() {
    frozen.close();
  }
}
