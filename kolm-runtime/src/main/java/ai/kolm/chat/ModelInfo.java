package ai.kolm.chat;

import ai.kolm.artifact.Manifest;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.source.ModelFiles;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * What a model says about itself.
 *
 * @param id its name
 * @param sampling how its makers recommend to sample; for callers that leave the choice to the
 *     model
 * @param maxTokens the most tokens of an answer where the caller sets no limit; absent: the
 *     context's
 * @param stop texts that end each of its answers, besides those of a request
 */
public record ModelInfo(
    String id, SamplingParams sampling, OptionalInt maxTokens, List<String> stop) {
  /** Copies the list. */
  public ModelInfo {
    Objects.requireNonNull(id);
    Objects.requireNonNull(sampling);
    Objects.requireNonNull(maxTokens);
    stop = List.copyOf(stop);
  }

  /** What the files say; what they leave out, the interface does. */
  static ModelInfo of(ModelFiles files) {
    Manifest.Defaults defaults = files.recommended();
    SamplingParams own = SamplingParams.DEFAULT;
    SamplingParams sampling =
        new SamplingParams(
            (float) defaults.temperature().orElse(own.temperature()),
            (int) defaults.topK().orElse(own.topK()),
            (float) defaults.topP().orElse(own.topP()),
            (float) defaults.minP().orElse(own.minP()),
            own.typicalP(),
            (float) defaults.repetitionPenalty().orElse(own.repetitionPenalty()),
            own.frequencyPenalty(),
            own.presencePenalty(),
            own.logitBias());
    List<String> stop =
        files.artifact().map(artifact -> artifact.manifest().stop().strings()).orElse(List.of());
    OptionalInt maxTokens =
        defaults.maxTokens().isPresent()
            ? OptionalInt.of(Math.toIntExact(defaults.maxTokens().getAsLong()))
            : OptionalInt.empty();
    return new ModelInfo(files.id(), sampling, maxTokens, stop);
  }
}
