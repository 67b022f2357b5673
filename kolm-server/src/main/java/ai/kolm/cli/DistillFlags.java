package ai.kolm.cli;

import ai.kolm.model.LoraShape;
import ai.kolm.training.OptimizerSettings;
import ai.kolm.training.TrainingPlan;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that say how a model is distilled. */
final class DistillFlags {
  private static final double DEFAULT_TARGET = 0.90;
  private static final double DEFAULT_HOURS = 12;

  @Option(
      names = "--bases",
      split = ",",
      paramLabel = "X",
      description = "Bases to try, from the smallest; a single one is not probed.")
  private List<String> bases = List.of();

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "The most passes over the data; default 3.")
  private int epochs = TrainingPlan.DEFAULT.epochs();

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of the parts, the order and the start; default 1.")
  private long seed = TrainingPlan.DEFAULT.seed();

  @Option(names = "--rate", paramLabel = "R", description = "The learning rate; default 2e-4.")
  private double rate = OptimizerSettings.DEFAULT.rate();

  @Option(names = "--rank", paramLabel = "N", description = "Of the adapter; default 16.")
  private int rank = LoraShape.DEFAULT.rank();

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description = "Tokens of a conversation; longer ones are dropped. Default 2048.")
  private int maxLength = TrainingPlan.DEFAULT.maxLength();

  @Option(
      names = "--tokens-per-step",
      paramLabel = "N",
      description = "Conversations of so many tokens make a step; default 8192.")
  private int tokensPerStep = TrainingPlan.DEFAULT.tokensPerStep();

  @Option(
      names = "--target",
      paramLabel = "SHARE",
      description = "The agreement on dev at which a base is good enough; default 0.90.")
  private double target = DEFAULT_TARGET;

  @Option(
      names = "--max-hours",
      paramLabel = "H",
      description = "Refuse a base whose training would take longer; default 12.")
  private double maxHours = DEFAULT_HOURS;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description = "The most memory that training may take; default: 80 %% of what there is.")
  private @Nullable Long memory;

  @Option(
      names = "--accept-license",
      paramLabel = "ID",
      description = "The licence of a base that has conditions and was read; may be repeated.")
  private List<String> accepted = List.of();

  @Option(
      names = "--allow-small",
      description = "Train with too few captures; the result can never become production ready.")
  private boolean allowSmall;

  @Option(
      names = "--no-evals",
      description = "Leave the cases of the holdout, which are captured text, out of the artifact.")
  private boolean noEvals;

  @Option(
      names = "--delta",
      description = "Leave the base out of the artifact, which then needs it in the same store.")
  private boolean delta;

  @Option(
      names = "--merge",
      description =
          "Add the adapter to the weights of the base, if that does not make it worse on dev.")
  private boolean merge;

  boolean delta() {
    return delta;
  }

  boolean merge() {
    return merge;
  }

  List<String> bases() {
    return bases;
  }

  List<String> accepted() {
    return accepted;
  }

  long seed() {
    return seed;
  }

  double target() {
    return target;
  }

  double maxHours() {
    return maxHours;
  }

  boolean allowSmall() {
    return allowSmall;
  }

  boolean noEvals() {
    return noEvals;
  }

  /**
   * What decides the result of a training.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  TrainingPlan plan() {
    if (merge && delta) {
      throw new IllegalArgumentException("--merge and --delta exclude each other");
    }
    if (!(target > 0 && target <= 1)) {
      throw new IllegalArgumentException("--target: expected above 0, at most 1, got " + target);
    }
    LoraShape shape = new LoraShape(rank, 2.0 * rank, LoraShape.DEFAULT.modules());
    return TrainingPlan.DEFAULT
        .withLora(shape)
        .withOptimizer(OptimizerSettings.DEFAULT.withRate(rate))
        .withTokens(tokensPerStep, maxLength)
        .withEpochs(epochs)
        .withSeed(seed);
  }

  /** A plan within the memory that the user allows. */
  TrainingPlan within(TrainingPlan plan) {
    return memory == null ? plan : plan.withMemory(memory << 20);
  }
}
