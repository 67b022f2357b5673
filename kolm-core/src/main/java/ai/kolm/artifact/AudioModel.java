package ai.kolm.artifact;

import java.util.List;
import java.util.Optional;

/**
 * The speech model of an artifact, of the family Whisper: the object {@code audio} of the manifest.
 *
 * @param format of the weights
 * @param weights the entries; empty if {@code ref} is there
 * @param ref the artifact that has the weights
 * @param config the entry with its configuration
 * @param tokenizer the entry with its tokenizer
 * @param languages it understands, two or three letters each
 * @param alignmentHeads the heads that give the times of words; empty: no times of words
 * @param base where the weights come from
 */
public record AudioModel(
    WeightFormat format,
    List<String> weights,
    Optional<CidReference> ref,
    Optional<String> config,
    Optional<String> tokenizer,
    List<String> languages,
    List<AlignmentHead> alignmentHeads,
    Optional<Origin> base) {
  static final String FAMILY = "whisper";
  private static final int MAX_HEADS = 256;

  /**
   * An attention head of the decoder.
   *
   * @param layer 0 to 255
   * @param head 0 to 255
   */
  public record AlignmentHead(int layer, int head) {
    private static final int MAX = 255;

    /**
     * @throws IllegalArgumentException if a number is out of range
     */
    public AlignmentHead {
      ManifestChecks.range("alignment_heads", layer, 0, MAX);
      ManifestChecks.range("alignment_heads", head, 0, MAX);
    }
  }

  /**
   * @throws IllegalArgumentException if a field is not as the manifest allows it
   */
  public AudioModel {
    weights = List.copyOf(weights);
    languages = List.copyOf(languages);
    alignmentHeads = List.copyOf(alignmentHeads);
    ManifestChecks.weightsOrReference(weights, ref.isPresent());
    config.ifPresent(name -> ManifestChecks.entryName("config", name));
    tokenizer.ifPresent(name -> ManifestChecks.entryName("tokenizer", name));
    ManifestChecks.languages(languages);
    ManifestChecks.count("alignment_heads", alignmentHeads, 0, MAX_HEADS);
  }
}
