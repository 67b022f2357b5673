package ai.kolm.artifact;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The model of an artifact: the object {@code model} of the manifest.
 *
 * @param kind whether it generates or embeds
 * @param format of the weights
 * @param architecture as GGUF names it: {@code llama}, {@code qwen2}, ...
 * @param weights the entries, in the order of the shards; empty if {@code ref} is there
 * @param ref the artifact that has the weights
 * @param config the entry with the Hugging Face configuration
 * @param contextLength the most tokens it was trained for
 * @param vocabSize the number of token ids
 * @param vocabDigest of the vocabulary: {@link VocabularyDigest}
 * @param parameters how many
 * @param quantization as people call it: {@code Q4_1}, {@code BF16}
 * @param base where the weights come from
 */
public record BaseModel(
    Kind kind,
    WeightFormat format,
    String architecture,
    List<String> weights,
    Optional<CidReference> ref,
    Optional<String> config,
    int contextLength,
    int vocabSize,
    Optional<String> vocabDigest,
    OptionalLong parameters,
    Optional<String> quantization,
    Optional<Origin> base) {
  static final int MAX_VOCABULARY = 1 << 20;

  /** What a model gives. */
  public enum Kind {
    /** The next token. */
    DECODER,
    /** A vector per token. */
    ENCODER
  }

  /**
   * @throws IllegalArgumentException if a field is not as the manifest allows it
   */
  public BaseModel {
    weights = List.copyOf(weights);
    ManifestChecks.ident("architecture", architecture);
    ManifestChecks.weightsOrReference(weights, ref.isPresent());
    config.ifPresent(name -> ManifestChecks.entryName("config", name));
    ManifestChecks.range("context_length", contextLength, 1, ManifestChecks.MAX_CONTEXT);
    ManifestChecks.range("vocab_size", vocabSize, 1, MAX_VOCABULARY);
    vocabDigest.ifPresent(digest -> ManifestChecks.sha256("vocab_digest", digest));
    ManifestChecks.atLeastOne("parameters", parameters);
    quantization.ifPresent(text -> ManifestChecks.ident("quantization", text));
  }
}
