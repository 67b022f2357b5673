package ai.kolm.training;

import java.util.OptionalDouble;

/**
 * What training came to.
 *
 * @param steps that were taken
 * @param bestStep the step whose weights the adapter has
 * @param loss of the last step
 * @param devLoss mean over the dev part at the best step; absent without a dev part
 * @param stoppedEarly whether the dev part stopped gaining before the last step
 */
public record TrainingResult(
    int steps, int bestStep, double loss, OptionalDouble devLoss, boolean stoppedEarly) {}
