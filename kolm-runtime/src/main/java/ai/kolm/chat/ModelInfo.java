package ai.kolm.chat;

import ai.kolm.artifact.Manifest;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.source.ModelFiles;
import java.util.List;
import java.util.Objects;

/**
 * What a model says about itself.
 *
 * @param id its name
 * @param sampling how its makers recommend to sample; for callers that leave the choice to the
 *     model
 * @param stop texts that end each of its answers, besides those of a request
 */
public record ModelInfo(String id, SamplingParams sampling, List<String> stop) {
  /** Copies the list. */
  public ModelInfo {
    Objects.requireNonNull(id);
    Objects.requireNonNull(sampling);
    stop = List.copyOf(stop);
  }

  /** What the manifest of an artifact says; of any other model the defaults of the interface. */
  static ModelInfo of(ModelFiles files) {
    if (files.artifact().isEmpty()) {
      return new ModelInfo(files.id(), SamplingParams.DEFAULT, List.of());
    }
    Manifest manifest = files.artifact().get().manifest();
    Manifest.Defaults defaults = manifest.defaults();
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
    return new ModelInfo(files.id(), sampling, manifest.stop().strings());
  }
}
