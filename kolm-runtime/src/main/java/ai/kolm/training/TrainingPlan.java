package ai.kolm.training;

import ai.kolm.model.LoraShape;
import java.util.OptionalLong;

/**
 * How an adapter is trained. Everything but {@link #memory()} decides the result, bit for bit.
 *
 * @param lora what the adapter consists of
 * @param optimizer how weights change
 * @param tokensPerStep conversations are added to a step until it has this many
 * @param maxLength tokens of a row that conversations are packed into; longer ones are refused
 * @param epochs the most passes over the data
 * @param patience checks on the dev part without gain after which training ends
 * @param seed of the start and of the order of the data
 * @param memory bytes that this process may take; absent: four fifths of what the container or
 *     machine has
 */
public record TrainingPlan(
    LoraShape lora,
    OptimizerSettings optimizer,
    int tokensPerStep,
    int maxLength,
    int epochs,
    int patience,
    long seed,
    OptionalLong memory) {
  /** 8,192 tokens per step, rows of 2,048, 3 epochs, patience 2. */
  public static final TrainingPlan DEFAULT =
      new TrainingPlan(
          LoraShape.DEFAULT,
          OptimizerSettings.DEFAULT,
          8_192,
          2_048,
          3,
          2,
          1,
          OptionalLong.empty());

  private static final int MAX_TOKENS = 1 << 20;

  /**
   * @throws IllegalArgumentException if a number is out of range
   */
  public TrainingPlan {
    range("tokens per step", tokensPerStep, 1, MAX_TOKENS);
    range("maximum length", maxLength, 2, MAX_TOKENS);
    range("epochs", epochs, 1, 1_000);
    range("patience", patience, 1, 1_000);
  }

  private static void range(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s: %d, expected %d to %d".formatted(name, value, min, max));
    }
  }

  /** This with other LoRA matrices. */
  public TrainingPlan withLora(LoraShape newLora) {
    return new TrainingPlan(
        newLora, optimizer, tokensPerStep, maxLength, epochs, patience, seed, memory);
  }

  /** This with another optimizer. */
  public TrainingPlan withOptimizer(OptimizerSettings newOptimizer) {
    return new TrainingPlan(
        lora, newOptimizer, tokensPerStep, maxLength, epochs, patience, seed, memory);
  }

  /** This with steps and rows of another size. */
  public TrainingPlan withTokens(int newTokensPerStep, int newMaxLength) {
    return new TrainingPlan(
        lora, optimizer, newTokensPerStep, newMaxLength, epochs, patience, seed, memory);
  }

  /** This with at most that many epochs. */
  public TrainingPlan withEpochs(int newEpochs) {
    return new TrainingPlan(
        lora, optimizer, tokensPerStep, maxLength, newEpochs, patience, seed, memory);
  }

  /** This with another start and order. */
  public TrainingPlan withSeed(long newSeed) {
    return new TrainingPlan(
        lora, optimizer, tokensPerStep, maxLength, epochs, patience, newSeed, memory);
  }

  /** This within so many bytes. */
  public TrainingPlan withMemory(long bytes) {
    return new TrainingPlan(
        lora, optimizer, tokensPerStep, maxLength, epochs, patience, seed, OptionalLong.of(bytes));
  }

  /** What decides the result, as a text. */
  String identity() {
    return "%s %s %d %d %d %d %d"
        .formatted(lora, optimizer, tokensPerStep, maxLength, epochs, patience, seed);
  }
}
