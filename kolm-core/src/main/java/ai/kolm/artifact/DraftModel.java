package ai.kolm.artifact;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A small model that proposes tokens: the object {@code draft} of the manifest.
 *
 * @param weights the entries; empty if {@code ref} is there
 * @param ref the artifact that is the draft
 * @param vocabDigest of its vocabulary, which must be that of the model
 * @param tokens proposed per step, 1 to 16
 */
public record DraftModel(
    List<String> weights, Optional<CidReference> ref, String vocabDigest, OptionalLong tokens) {
  private static final int MAX_TOKENS = 16;

  /**
   * @throws IllegalArgumentException if a field is not as the manifest allows it
   */
  public DraftModel {
    weights = List.copyOf(weights);
    ManifestChecks.weightsOrReference(weights, ref.isPresent());
    ManifestChecks.sha256("vocab_digest", vocabDigest);
    tokens.ifPresent(n -> ManifestChecks.range("tokens", n, 1, MAX_TOKENS));
  }
}
