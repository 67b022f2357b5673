package ai.kolm.cli;

import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.Progress;
import ai.kolm.distill.BaseLadder;
import ai.kolm.distill.DistillException;
import ai.kolm.distill.DistillException.Reason;
import ai.kolm.distill.Example;
import ai.kolm.distill.ExampleEncoder;
import ai.kolm.distill.RunFile;
import ai.kolm.distill.Trial;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelOptions;
import ai.kolm.training.LoraTrainer;
import ai.kolm.training.TrainingData;
import ai.kolm.training.TrainingEstimate;
import ai.kolm.training.TrainingExample;
import ai.kolm.training.TrainingException;
import ai.kolm.training.TrainingPlan;
import ai.kolm.training.TrainingResult;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Trains bases and measures them on dev. Everything is in the directory of the run: what is done is
 * not done again, what was interrupted goes on at its checkpoint.
 */
final class DistillTrials implements BaseLadder.Trials {
  private static final int PROBE_EXAMPLES = 400;
  private static final double NANOS = 1e9;
  private static final double HOUR = 3_600;
  private static final String ADAPTER = "adapter";

  private final Setup setup;
  private final DistillBases bases;
  private final Map<String, ExampleEncoder> encoders;
  private final List<Example> train;
  private final List<Example> dev;
  private RunFile run;

  /**
   * What all trials have in common.
   *
   * @param context of the command
   * @param options how to compute
   * @param plan how to train fully
   * @param maxHours that a training may take
   * @param directory of the run
   * @param measure asks what was trained
   */
  record Setup(
      CommandContext context,
      RunOptions options,
      TrainingPlan plan,
      double maxHours,
      Path directory,
      DevMeasure measure) {}

  /**
   * @param encoders by the name of the base
   * @param run what is done of it
   */
  DistillTrials(
      Setup setup,
      DistillBases bases,
      Map<String, ExampleEncoder> encoders,
      List<Example> train,
      List<Example> dev,
      RunFile run) {
    this.setup = setup;
    this.bases = bases;
    this.encoders = Map.copyOf(encoders);
    this.train = List.copyOf(train);
    this.dev = List.copyOf(dev);
    this.run = run;
  }

  /** What is done. */
  RunFile run() {
    return run;
  }

  /** Where the files of a training are. */
  Path directory(String base, Trial.Phase phase) {
    Trial.Phase trained = probeOf(base, phase).isPresent() ? Trial.Phase.PROBE : phase;
    return setup.directory.resolve("%s-%s".formatted(base, trained.id()));
  }

  /** The probe that a full training would repeat bit by bit: one epoch of as few examples. */
  private Optional<Trial> probeOf(String base, Trial.Phase phase) {
    boolean same =
        phase == Trial.Phase.FULL && setup.plan.epochs() == 1 && train.size() <= PROBE_EXAMPLES;
    return same ? run.find(base, Trial.Phase.PROBE) : Optional.empty();
  }

  /** Where its adapter is. */
  Path adapter(Trial trial) {
    return directory(trial.base(), trial.phase()).resolve(ADAPTER);
  }

  @Override
  public Optional<Trial> run(String name, Trial.Phase phase)
      throws IOException, ModelFormatException, DistillException {
    Optional<Trial> known = run.find(name, phase);
    if (known.isPresent() && Files.isDirectory(adapter(known.get()))) {
      return known;
    }
    Optional<Trial> probe = probeOf(name, phase);
    if (probe.isPresent()) {
      run = run.with(probe.get().asFull());
      run.write(setup.directory);
      setup.context.console().tell("full    %s  is what the probe was".formatted(name));
      return Optional.of(probe.get().asFull());
    }
    DistillBases.Base base = bases.get(name);
    long begun = System.nanoTime();
    Optional<TrainingResult> result = train(base, phase);
    if (result.isEmpty()) {
      return Optional.empty();
    }
    DevMeasure.Agreement agreement =
        setup.measure.measure(base.path(), directory(name, phase).resolve(ADAPTER), dev);
    double seconds = (System.nanoTime() - begun) / NANOS;
    Trial trial =
        new Trial(name, phase, agreement.score(), agreement.bound(), seconds, base.bytes());
    run = run.with(trial);
    run.write(setup.directory);
    tell(trial, result.get());
    return Optional.of(trial);
  }

  private void tell(Trial trial, TrainingResult result) {
    setup
        .context
        .console()
        .tell(
            String.format(
                Locale.ROOT,
                "%-7s %s  %d steps  loss %.3f  best at step %d  dev %.3f [%.3f]  %s",
                trial.phase().id(),
                trial.base(),
                result.steps(),
                result.loss(),
                result.bestStep(),
                trial.score(),
                trial.bound(),
                TrainingLine.time(trial.seconds())));
  }

  /** Empty if it does not fit, and something smaller does. */
  private Optional<TrainingResult> train(DistillBases.Base base, Trial.Phase phase)
      throws IOException, ModelFormatException, DistillException {
    Path directory = directory(base.name(), phase);
    try (LoraTrainer trainer = open(base, phase)) {
      estimate(base, phase, trainer);
      try (TrainingLine line = new TrainingLine(setup.context.console())) {
        TrainingResult result = trainer.run(directory, line);
        trainer.writeAdapter(directory.resolve(ADAPTER), base.name());
        return Optional.of(result);
      }
    } catch (TrainingException e) {
      DistillException refusal = refusal(base.name(), e);
      if (refusal.reason() != Reason.PREREQUISITE || run.trials().isEmpty()) {
        throw refusal;
      }
      setup.context.console().tell(refusal.getMessage() + "; the ladder ends here");
      return Optional.empty();
    }
  }

  private LoraTrainer open(DistillBases.Base base, Trial.Phase phase)
      throws ModelFormatException, TrainingException {
    boolean probe = phase == Trial.Phase.PROBE;
    ModelLoader loader =
        ModelLoader.of(
            setup.options.kernels(), setup.options.threads(), _ -> ModelOptions.exact(1, 1, 1));
    TrainingPlan plan = probe ? setup.plan.withEpochs(1) : setup.plan;
    List<Example> examples =
        probe ? train.subList(0, Math.min(train.size(), PROBE_EXAMPLES)) : train;
    TrainingData data = new TrainingData(encode(base, examples), encode(base, dev));
    return LoraTrainer.open(loader, base.files(), base.cid(), plan, data);
  }

  private List<TrainingExample> encode(DistillBases.Base base, List<Example> examples) {
    ExampleEncoder encoder = encoders.get(base.name());
    if (encoder == null) {
      throw new IllegalStateException("no encoder of " + base.name());
    }
    return examples.stream().map(encoder::encode).toList();
  }

  /** Says what it takes, and refuses what takes too long. */
  private void estimate(DistillBases.Base base, Trial.Phase phase, LoraTrainer trainer)
      throws TrainingException {
    TrainingEstimate estimate = trainer.estimate();
    double seconds = trainer.measureSeconds();
    setup
        .context
        .console()
        .tell(
            String.format(
                Locale.ROOT,
                "%-7s %s  %,d steps of %,d tokens in all  %s of memory  at most %s  (%s kernels)",
                phase.id(),
                base.name(),
                estimate.steps(),
                estimate.tokens(),
                Progress.size(estimate.bytes()),
                TrainingLine.time(seconds),
                trainer.kernelName()));
    if (seconds > setup.maxHours * HOUR) {
      throw new TrainingException(
          TrainingException.Reason.MEMORY,
          String.format(
              Locale.ROOT,
              "training takes some %s, --max-hours is %s: fewer epochs or a smaller base take less",
              TrainingLine.time(seconds),
              setup.maxHours));
    }
  }

  private static DistillException refusal(String base, TrainingException e) {
    Reason reason =
        switch (e.reason()) {
          case MEMORY -> Reason.PREREQUISITE;
          case CHECKPOINT -> Reason.MISMATCH;
          case NOT_FINITE -> Reason.EXECUTION;
        };
    return new DistillException(reason, "%s: %s".formatted(base, e.getMessage()));
  }
}
