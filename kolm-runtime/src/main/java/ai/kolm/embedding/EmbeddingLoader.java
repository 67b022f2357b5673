package ai.kolm.embedding;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.EmbeddingOutput;
import ai.kolm.chat.RunOptions;
import ai.kolm.json.JsonObject;
import ai.kolm.kernels.KvCache.Precision;
import ai.kolm.model.EmbeddingModel;
import ai.kolm.model.EncoderConfig;
import ai.kolm.model.EncoderModel;
import ai.kolm.model.EncoderPrecision;
import ai.kolm.model.MemoryBudget;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelOptions;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.weights.ModelFormatException;
import java.util.Optional;

/** Loads models that make vectors: encoders, and decoders whose artifact says how. */
final class EmbeddingLoader {
  private final ModelFiles files;
  private final RunOptions options;

  private EmbeddingLoader(ModelFiles files, RunOptions options) {
    this.files = files;
    this.options = options;
  }

  /**
   * What is needed to make vectors.
   *
   * @param special what stands around the tokens of a text
   */
  record Loaded(EmbeddingModel model, SpecialTokens special, EmbeddingProfile profile) {}

  static boolean canLoad(ModelFiles files) {
    return encoder(files).isPresent() || output(files).isPresent();
  }

  private static Optional<JsonObject> encoder(ModelFiles files) {
    return files.config().filter(EncoderConfig::describes);
  }

  private static Optional<EmbeddingOutput> output(ModelFiles files) {
    return files.artifact().map(Artifact::manifest).flatMap(manifest -> manifest.embedding());
  }

  /**
   * Loads the model of {@code files}, which must stay open as long as it.
   *
   * @throws ModelFormatException if it makes no vectors, is damaged or unsupported
   */
  static Loaded load(ModelFiles files, RunOptions options) throws ModelFormatException {
    files.awaitVerified();
    EmbeddingLoader loader = new EmbeddingLoader(files, options);
    Tokenizer tokenizer = files.text().tokenizer();
    Optional<JsonObject> encoder = encoder(files);
    if (encoder.isPresent()) {
      SpecialTokens special = SpecialTokens.ofEncoder(files.id(), tokenizer);
      return complete(files, loader.encoder(encoder.get()), special);
    }
    EmbeddingOutput output =
        output(files)
            .orElseThrow(
                () ->
                    loader.fault(
                        "expected an encoder (bert, roberta or xlm-roberta), or an artifact of a"
                            + " decoder whose manifest says how it makes vectors"));
    SpecialTokens special = SpecialTokens.ofDecoder(tokenizer.vocabulary());
    return complete(files, loader.decoder(output), special);
  }

  private EmbeddingModel encoder(JsonObject config) throws ModelFormatException {
    ModelLoader loader =
        ModelLoader.of(
            options.kernels(),
            options.threads(),
            _ -> {
              throw new IllegalStateException("an encoder has no " + ModelOptions.class);
            });
    return EncoderModel.load(
        loader,
        files.id(),
        files.weights().weights(),
        EncoderConfig.of(files.id(), config),
        EncoderPrecision.of(options.encoderBits()));
  }

  /** Keys and values are kept as they are in chat: vectors are those of the same hidden states. */
  private EmbeddingModel decoder(EmbeddingOutput output) throws ModelFormatException {
    MemoryBudget budget = MemoryBudget.of(files.weights(), options.cacheBytes());
    int longest = (int) Math.min(Integer.MAX_VALUE, output.maxTokens().orElse(Integer.MAX_VALUE));
    ModelLoader loader =
        ModelLoader.of(
            options.kernels(),
            options.threads(),
            config ->
                ModelOptions.embedding(
                    config,
                    longest,
                    options.exactCache() ? Precision.SINGLE : Precision.HALF,
                    budget,
                    options.limits().batchTokens()));
    return (options.takesFastPrompts() ? loader.withFastPrompts() : loader).loadForVectors(files);
  }

  /** Adds the profile of {@code files}; closes the model if that is not possible. */
  static Loaded complete(ModelFiles files, EmbeddingModel model, SpecialTokens special)
      throws ModelFormatException {
    boolean completed = false;
    try {
      Loaded loaded = new Loaded(model, special, profile(files, model));
      completed = true;
      return loaded;
    } finally {
      if (!completed) {
        model.close();
      }
    }
  }

  private static EmbeddingProfile profile(ModelFiles files, EmbeddingModel model)
      throws ModelFormatException {
    Optional<EmbeddingOutput> output = output(files);
    int stated = output.map(EmbeddingOutput::dimensions).orElse(model.dimensions());
    if (stated != model.dimensions()) {
      throw new ModelFormatException(
          files.id(),
          "the manifest says vectors of %d numbers, the model makes %d"
              .formatted(stated, model.dimensions()));
    }
    return output
        .map(one -> EmbeddingProfile.of(one, model.maxTokens()))
        .orElseGet(() -> EmbeddingProfile.usual(model.maxTokens()));
  }

  private ModelFormatException fault(String message) {
    return new ModelFormatException(files.id(), message);
  }
}
