package ai.kolm.distill;

import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Chooses the base by training and measuring, never by what a task looks like. From the smallest
 * up, each is trained on a probe and measured on dev; the first whose lower bound reaches the
 * target is trained fully, and taken if it still reaches it. If none does, the best one is taken.
 *
 * <p>The holdout is not looked at: choosing on what the gate measures would inflate it.
 */
public final class BaseLadder {
  private final double target;
  private final Trials trials;

  /** Trains and measures. */
  public interface Trials {
    /**
     * Trains a base and measures it on dev.
     *
     * @return empty if it does not fit the memory or the time that is left: nor will a larger one
     */
    Optional<Trial> run(String base, Trial.Phase phase)
        throws IOException, ModelFormatException, DistillException;
  }

  /**
   * What came of it.
   *
   * @param best the trial whose adapter is taken, a full one
   * @param reached whether it reached the target
   * @param all in order
   */
  public record Choice(Trial best, boolean reached, List<Trial> all) {
    /** Copies the list. */
    public Choice {
      all = List.copyOf(all);
    }
  }

  /**
   * @param target that the lower bound of the agreement must reach
   */
  public BaseLadder(double target, Trials trials) {
    this.target = target;
    this.trials = trials;
  }

  /**
   * Climbs.
   *
   * @param bases from the smallest up, at least one; a single one is not probed
   * @throws DistillException {@code PREREQUISITE} if not even the smallest fits
   */
  public Choice climb(List<String> bases)
      throws IOException, ModelFormatException, DistillException {
    List<Trial> done = new ArrayList<>();
    for (String base : bases) {
      if (bases.size() > 1) {
        Optional<Trial> probe = trials.run(base, Trial.Phase.PROBE);
        if (probe.isEmpty()) {
          break;
        }
        done.add(probe.get());
        if (probe.get().bound() < target) {
          continue;
        }
      }
      Optional<Trial> full = trials.run(base, Trial.Phase.FULL);
      if (full.isEmpty()) {
        break;
      }
      done.add(full.get());
      if (full.get().bound() >= target) {
        return new Choice(full.get(), true, done);
      }
    }
    return best(done);
  }

  /** None has reached the target: the best, of equals the smallest, trained fully. */
  private Choice best(List<Trial> done) throws IOException, ModelFormatException, DistillException {
    // max takes the first of equals, which is the smaller one.
    Trial best =
        done.stream()
            .max(Comparator.comparingDouble(Trial::bound).thenComparingDouble(Trial::score))
            .orElseThrow(
                () ->
                    new DistillException(
                        DistillException.Reason.PREREQUISITE, "no base fits memory and time"));
    Optional<Trial> full =
        done.stream()
            .filter(trial -> trial.phase() == Trial.Phase.FULL && trial.base().equals(best.base()))
            .findFirst();
    if (full.isEmpty()) {
      full = trials.run(best.base(), Trial.Phase.FULL);
      full.ifPresent(done::add);
    }
    Trial taken =
        full.orElseThrow(
            () ->
                new DistillException(
                    DistillException.Reason.PREREQUISITE,
                    "%s fits as a probe, but a full training does not".formatted(best.base())));
    return new Choice(taken, taken.bound() >= target, done);
  }
}
