package ai.kolm.training;

import ai.kolm.model.TrainingRow;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which examples are in which step, and how they are packed: a function of the data, the plan and
 * nothing else, so that training can be resumed at any step.
 *
 * <p>Every epoch has an order of its own: examples sorted by a hash of seed, epoch and index. A
 * step takes examples until it has its tokens; they go into the first row that has room for them.
 */
final class Curriculum {
  private final TrainingData data;
  private final TrainingPlan plan;
  private final int[] firstStep; // of each epoch, then the number of all steps
  private int shuffledEpoch = -1;
  private List<List<Integer>> shuffled = List.of(); // the steps of that epoch

  /**
   * @throws IllegalArgumentException if an example is longer than a row
   */
  Curriculum(TrainingData data, TrainingPlan plan) {
    this.data = data;
    this.plan = plan;
    if (data.longest() > plan.maxLength()) {
      throw new IllegalArgumentException(
          "an example has %d tokens, at most %d".formatted(data.longest(), plan.maxLength()));
    }
    firstStep = new int[plan.epochs() + 1];
    for (int epoch = 0; epoch < plan.epochs(); epoch++) {
      firstStep[epoch + 1] = firstStep[epoch] + steps(epoch).size();
    }
  }

  /** Steps of all epochs. */
  int steps() {
    return firstStep[plan.epochs()];
  }

  /** The epoch of a step. */
  int epoch(int step) {
    int epoch = 0;
    while (firstStep[epoch + 1] <= step) {
      epoch++;
    }
    return epoch;
  }

  /** Whether dev examples are looked at after this step: twice an epoch, and after the last. */
  boolean isCheck(int step) {
    int epoch = epoch(step);
    int length = firstStep[epoch + 1] - firstStep[epoch];
    int done = step - firstStep[epoch] + 1;
    return done == length || done == length / 2;
  }

  /** The rows of a step. */
  List<TrainingRow> rows(int step) {
    int epoch = epoch(step);
    return pack(steps(epoch).get(step - firstStep[epoch]), data.train());
  }

  /** The rows of the dev part. */
  List<TrainingRow> devRows() {
    return pack(IntStream.range(0, data.dev().size()).boxed().toList(), data.dev());
  }

  /** Tokens of the longest row of all steps, the dev part included. */
  int longestRow() {
    int longest = 1;
    for (int step = 0; step < steps(); step++) {
      longest = Math.max(longest, longest(rows(step)));
    }
    return Math.max(longest, longest(devRows()));
  }

  private static int longest(List<TrainingRow> rows) {
    return rows.stream().mapToInt(row -> row.tokens().length).max().orElse(0);
  }

  private List<List<Integer>> steps(int epoch) {
    if (epoch != shuffledEpoch) {
      shuffled = shuffle(epoch);
      shuffledEpoch = epoch;
    }
    return shuffled;
  }

  private List<List<Integer>> shuffle(int epoch) {
    int count = data.train().size();
    List<Integer> order =
        IntStream.range(0, count)
            .boxed()
            .sorted(Comparator.comparingLong(i -> CounterHash.of(plan.seed(), epoch, i)))
            .toList();
    List<List<Integer>> steps = new ArrayList<>();
    List<Integer> step = new ArrayList<>();
    int tokens = 0;
    for (int index : order) {
      step.add(index);
      tokens += data.train().get(index).length();
      if (tokens >= plan.tokensPerStep()) {
        steps.add(step);
        step = new ArrayList<>();
        tokens = 0;
      }
    }
    if (!step.isEmpty()) {
      steps.add(step);
    }
    return steps;
  }

  private List<TrainingRow> pack(List<Integer> indices, List<TrainingExample> examples) {
    List<List<TrainingExample>> rows = new ArrayList<>();
    List<Integer> lengths = new ArrayList<>();
    for (int index : indices) {
      TrainingExample example = examples.get(index);
      int row = 0;
      while (row < rows.size() && lengths.get(row) + example.length() > plan.maxLength()) {
        row++;
      }
      if (row == rows.size()) {
        rows.add(new ArrayList<>());
        lengths.add(0);
      }
      rows.get(row).add(example);
      lengths.set(row, lengths.get(row) + example.length());
    }
    return rows.stream().map(Curriculum::join).toList();
  }

  private static TrainingRow join(List<TrainingExample> examples) {
    int length = examples.stream().mapToInt(TrainingExample::length).sum();
    int[] tokens = new int[length];
    boolean[] learned = new boolean[length];
    int[] starts = new int[examples.size() + 1];
    for (int i = 0; i < examples.size(); i++) {
      TrainingExample example = examples.get(i);
      System.arraycopy(example.tokens(), 0, tokens, starts[i], example.length());
      System.arraycopy(example.learned(), 0, learned, starts[i], example.length());
      starts[i + 1] = starts[i] + example.length();
    }
    return new TrainingRow(tokens, learned, starts);
  }
}
