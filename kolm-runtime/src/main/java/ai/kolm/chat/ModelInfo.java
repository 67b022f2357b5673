package ai.kolm.chat;

import ai.kolm.sampling.SamplingParams;
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
}
