package ai.kolm.training;

import ai.kolm.model.TrainingMemory;

/**
 * What a training would take.
 *
 * @param memory in parts
 * @param bytes of memory in all
 * @param recomputedLayers layers that are computed twice for want of memory
 * @param steps at most
 * @param tokens of all steps
 * @param parameters trainable numbers
 */
public record TrainingEstimate(
    TrainingMemory memory,
    long bytes,
    int recomputedLayers,
    int steps,
    long tokens,
    long parameters) {}
