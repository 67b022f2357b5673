package ai.kolm.model;

import ai.kolm.json.JsonObject;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.kernels.Kernels;
import ai.kolm.kernels.ScalarKernels;
import ai.kolm.kernels.WorkerPool;
import ai.kolm.source.LoraAdapter;
import ai.kolm.source.ModelFiles;
import ai.kolm.tensor.Tensor;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.SafetensorsFile;
import java.lang.foreign.Arena;
import java.util.Optional;
import java.util.function.Function;

/**
 * Makes a {@link DecoderModel} of weight files: finds the architecture, reads its configuration,
 * asks for every weight by name and shape.
 */
public final class ModelLoader {
  private final KernelSelection selection;
  private final int threads;
  private final Function<ModelConfig, ModelOptions> options;

  /**
   * @param threads how many threads compute
   * @param options how a model of a given configuration is set up
   */
  public ModelLoader(
      KernelSelection selection, int threads, Function<ModelConfig, ModelOptions> options) {
    this.selection = selection;
    this.threads = threads;
    this.options = options;
  }

  /**
   * A loader that takes kernels by name.
   *
   * @param kernels absent: the fastest that this process can run
   * @param threads how many threads compute
   * @param options how a model of a given configuration is set up
   * @throws IllegalArgumentException if no kernels have that name
   * @throws IllegalStateException if this process cannot run them
   */
  public static ModelLoader of(
      Optional<String> kernels, int threads, Function<ModelConfig, ModelOptions> options) {
    KernelSelection selection =
        kernels
            .map(name -> KernelSelection.forced(KernelSelection.Set.of(name)))
            .orElseGet(KernelSelection::best);
    return new ModelLoader(selection, threads, options);
  }

  /** This loader, of models whose numbers may depend on what is computed together (D0). */
  public ModelLoader withFastPrompts() {
    return new ModelLoader(selection.withFastPrompts(), threads, options);
  }

  /** The kernels that models of this loader run on, and why. */
  public KernelSelection selection() {
    return selection;
  }

  /** How many threads compute. */
  int threads() {
    return threads;
  }

  /**
   * The model of {@code files} with its adapters, which must stay open as long as the model. All of
   * them is verified when this returns.
   */
  public DecoderModel load(ModelFiles files) throws ModelFormatException {
    return complete(build(DecoderFiles.of(files), true), files);
  }

  /**
   * The model of {@code files}, as {@link #load(ModelFiles)}, for vectors of texts: what only the
   * choice of tokens needs is left out.
   */
  public EmbeddingDecoder loadForVectors(ModelFiles files) throws ModelFormatException {
    return new EmbeddingDecoder(
        complete(build(DecoderFiles.of(files), false), files),
        files.adapters().stream()
            .filter(LoraAdapter::byDefault)
            .map(LoraAdapter::digest)
            .findFirst()
            .orElse(""));
  }

  private static DecoderModel complete(DecoderModel model, ModelFiles files)
      throws ModelFormatException {
    boolean complete = false;
    try {
      for (LoraAdapter adapter : files.adapters()) {
        model.addAdapter(adapter);
      }
      files.awaitVerified();
      complete = true;
      return model;
    } finally {
      if (!complete) {
        model.close();
      }
    }
  }

  /**
   * Checks that an adapter fits a model, without its weights being loaded.
   *
   * @throws ModelFormatException if it does not
   */
  public static void check(LoraAdapter adapter, ModelConfig config) throws ModelFormatException {
    AdapterWeights.check(adapter, config);
  }

  /** The configuration of the model of {@code files}, without its weights being loaded. */
  public static ModelConfig config(ModelFiles files) throws ModelFormatException {
    return switch (files.weights()) {
      case GgufFile gguf -> config(gguf);
      case SafetensorsFile _ -> config(files.id(), files.config().orElseThrow());
    };
  }

  /** A model from a GGUF file, which must stay open as long as the model. */
  public DecoderModel load(GgufFile file) throws ModelFormatException {
    return build(DecoderFiles.of(file), true);
  }

  /** The configuration of a model, without its weights being loaded. */
  public static ModelConfig config(GgufFile file) throws ModelFormatException {
    Architecture architecture = Architecture.of(file.metadata());
    return architecture.config(file.metadata(), file.weights(), vocabularySize(file));
  }

  /**
   * The configuration of a model, without its weights being loaded.
   *
   * @param name the model, for messages
   * @param json {@code config.json}
   */
  public static ModelConfig config(String name, JsonObject json) throws ModelFormatException {
    return Architecture.of(name, json).config(name, Architecture.text(name, json));
  }

  /** The rows of the embedding: not every file states the size of its vocabulary. */
  private static int vocabularySize(GgufFile file) throws ModelFormatException {
    for (Tensor tensor : file.tensors()) {
      if (tensor.name().equals("token_embd.weight") && tensor.shape().rank() == 2) {
        return Math.toIntExact(tensor.shape().rows());
      }
    }
    throw new ModelFormatException(
        file.metadata().file(), "there is no matrix token_embd.weight: not a language model");
  }

  /**
   * A model from a Hugging Face directory's files, which must stay open as long as the model.
   *
   * @param name the model, for messages
   * @param json {@code config.json}
   */
  public DecoderModel load(SafetensorsFile file, String name, JsonObject json)
      throws ModelFormatException {
    return build(DecoderFiles.of(file, name, json), true);
  }

  /**
   * Checks that an adapter can be trained on a model, without its weights being loaded.
   *
   * @throws ModelFormatException if its architecture cannot be trained
   */
  public static void checkTrainable(ModelFiles files) throws ModelFormatException {
    switch (files.weights()) {
      case GgufFile gguf ->
          checkTrainable(gguf.metadata().file(), Architecture.of(gguf.metadata()));
      case SafetensorsFile _ ->
          checkTrainable(files.id(), Architecture.of(files.id(), files.config().orElseThrow()));
    }
  }

  private static void checkTrainable(String file, Architecture architecture)
      throws ModelFormatException {
    if (architecture.has(Architecture.Trait.FUSED)) {
      throw new ModelFormatException(
          file,
          "architecture \"%s\" cannot be trained: it keeps several matrices in one"
              .formatted(architecture.ggufName()));
    }
  }

  /**
   * The model of {@code files} for training an adapter. The files must stay open as long as it.
   *
   * @throws ModelFormatException also if its architecture cannot be trained
   */
  @SuppressWarnings("MustBeClosedChecker") // the decoder owns the arena
  public FrozenDecoder freeze(ModelFiles files) throws ModelFormatException {
    DecoderFiles decoder = DecoderFiles.of(files);
    checkTrainable(decoder.file(), decoder.architecture());
    Arena arena = Arena.ofShared();
    WorkerPool pool = new WorkerPool(threads);
    boolean built = false;
    try {
      // Scalar kernels leave matrices as they are.
      DecoderWeights weights = DecoderWeights.load(decoder, true, new ScalarKernels(pool), arena);
      FrozenDecoder frozen =
          new FrozenDecoder(decoder.config(), weights, selection.create(pool, arena), arena);
      built = true;
      return frozen;
    } finally {
      if (!built) {
        pool.close();
        arena.close();
      }
    }
  }

  @SuppressWarnings("MustBeClosedChecker") // the model owns the arena
  private DecoderModel build(DecoderFiles files, boolean withOutput) throws ModelFormatException {
    Arena arena = Arena.ofShared();
    WorkerPool pool = new WorkerPool(threads);
    boolean built = false;
    try {
      Kernels kernels = selection.create(pool, arena);
      DecoderWeights weights = DecoderWeights.load(files, withOutput, kernels, arena);
      ModelConfig config = files.config();
      DecoderModel model = new DecoderModel(config, weights, kernels, options.apply(config), arena);
      built = true;
      return model;
    } finally {
      if (!built) {
        pool.close();
        arena.close();
      }
    }
  }
}
