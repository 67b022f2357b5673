package ai.kolm.chat;

import ai.kolm.engine.Engine;
import ai.kolm.engine.EngineLimits;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.KvCache.Precision;
import ai.kolm.model.DecoderModel;
import ai.kolm.model.MemoryBudget;
import ai.kolm.model.ModelLoader;
import ai.kolm.model.ModelOptions;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/** Loads the weights of opened files into an engine. */
final class ModelRunner {
  private static final Logger LOG = System.getLogger("ai.kolm");

  private ModelRunner() {}

  /**
   * An engine that runs the model of {@code files}, which must stay open as long as the engine.
   *
   * @throws ModelFormatException if the weights do not make up a model kolm knows
   * @throws IllegalArgumentException if an option does not fit the model
   * @throws IllegalStateException if this process cannot run the kernels asked for
   */
  static Engine start(ModelFiles files, RunOptions options) throws ModelFormatException {
    if (files.artifact().filter(artifact -> artifact.manifest().onlyEmbeds()).isPresent()) {
      throw new ModelFormatException(files.id(), "it makes vectors and cannot chat");
    }
    DecoderModel model = load(files, options);
    try {
      return new Engine(
          model,
          files.text().tokenizer(),
          files.text().stopTokens(),
          options.limits(),
          options.prefixCache());
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** The model of {@code files}, as {@link #start}; without an engine, for one caller at a time. */
  static DecoderModel load(ModelFiles files, RunOptions options) throws ModelFormatException {
    EngineLimits limits = options.limits();
    MemoryBudget budget = MemoryBudget.of(files.weights(), options.cacheBytes());
    ModelLoader loader =
        ModelLoader.of(
            options.kernels(),
            options.threads(),
            config ->
                ModelOptions.serving(
                    config,
                    options.contextLength(),
                    options.exactCache() ? Precision.SINGLE : Precision.HALF,
                    budget,
                    limits.batchTokens(),
                    limits.sequences()));
    KernelSelection selection = loader.selection();
    LOG.log(
        Level.INFO,
        "kernels: {0} ({1}), {2} threads{3}",
        selection.set().name().toLowerCase(java.util.Locale.ROOT),
        selection.reason(),
        options.threads(),
        options.takesFastPrompts() ? ", fast prompts" : "");
    return (options.takesFastPrompts() ? loader.withFastPrompts() : loader).load(files);
  }
}
