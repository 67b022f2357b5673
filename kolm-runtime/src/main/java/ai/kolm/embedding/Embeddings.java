package ai.kolm.embedding;

import ai.kolm.chat.RunOptions;
import ai.kolm.engine.EngineClosedException;
import ai.kolm.engine.EngineException;
import ai.kolm.engine.InvalidRequestException;
import ai.kolm.engine.OverloadedException;
import ai.kolm.model.EmbeddingModel;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * Vectors of texts, in this process:
 *
 * <pre>{@code
 * try (Embeddings embeddings = Embeddings.open(Path.of("all-MiniLM-L6-v2"))) {
 *   float[] vector = embeddings.embed("A small boat");
 * }
 * }</pre>
 *
 * <p>Texts of similar length are computed together, the longest first. Requests take turns, step by
 * step.
 *
 * <p>Safe for use by many threads.
 */
public final class Embeddings implements AutoCloseable {
  private final EmbeddingModel model;
  private final Tokenizer tokenizer;
  private final SpecialTokens special;
  private final EmbeddingProfile profile;
  private final String id;
  private final Runnable afterClose;
  private final Turns turns;
  private boolean closed;

  private Embeddings(
      String id,
      EmbeddingModel model,
      Tokenizer tokenizer,
      SpecialTokens special,
      EmbeddingProfile profile,
      Turns turns,
      Runnable afterClose) {
    this.id = id;
    this.model = model;
    this.tokenizer = tokenizer;
    this.special = special;
    this.profile = profile;
    this.turns = turns;
    this.afterClose = afterClose;
  }

  /** Whether the model of {@code files} makes vectors. */
  public static boolean canEmbed(ModelFiles files) {
    return EmbeddingLoader.canLoad(files);
  }

  /**
   * Vectors of the model at {@code path}, with {@link RunOptions#DEFAULT}.
   *
   * @see #of
   */
  public static Embeddings open(Path path) throws IOException, ModelFormatException {
    return of(ModelFiles.open(path), RunOptions.DEFAULT);
  }

  /**
   * Vectors of an opened model: a BERT-type encoder as safetensors with its {@code config.json}, or
   * a decoder in an artifact whose manifest says how it makes vectors.
   *
   * @param files closed together with this, or now if this throws
   * @throws ModelFormatException if it is no such model, or damaged
   * @throws IllegalArgumentException if there is no memory for the keys and values of a text
   */
  public static Embeddings of(ModelFiles files, RunOptions options) throws ModelFormatException {
    boolean opened = false;
    try {
      EmbeddingLoader.Loaded loaded = EmbeddingLoader.load(files, options);
      Embeddings embeddings =
          new Embeddings(
              files.id(),
              loaded.model(),
              files.text().tokenizer(),
              loaded.special(),
              loaded.profile(),
              new Turns(options.limits().queued()),
              files::close);
      opened = true;
      return embeddings;
    } finally {
      if (!opened) {
        files.close();
      }
    }
  }

  /** The name of the model. */
  public String id() {
    return id;
  }

  /** Numbers of a vector that is not cut. */
  public int dimensions() {
    return model.dimensions();
  }

  /** The smaller sizes that vectors may be cut to. */
  public List<Integer> smallerDimensions() {
    return profile.truncate();
  }

  /** The longest input, in tokens, special ones included. */
  public int maxTokens() {
    return profile.maxTokens();
  }

  /** The name of the kernels that the model runs on. */
  public String kernelName() {
    return model.kernelName();
  }

  /** The level of determinism, as the package {@code ai.kolm.engine} describes it. */
  public String determinism() {
    return model.isDeterministic() ? "D1" : "D0";
  }

  /**
   * The vector of a text.
   *
   * @throws EngineException if there is none; its type says what to do about it
   */
  public float[] embed(String text) {
    return embed(List.of(new EmbeddingInput.Text(text)), OptionalInt.empty()).vectors().getFirst();
  }

  /**
   * The vectors of inputs.
   *
   * @param dimensions absent: all of them; else how many, of which the model must know: the rest is
   *     cut off, and what is left gets length one again
   * @throws InvalidRequestException if an input is empty, too long or no token of the model, or the
   *     model was not made for so many dimensions
   * @throws OverloadedException if {@link RunOptions#limits} let no more requests wait
   * @throws EngineClosedException if this is closed
   */
  public EmbeddingResponse embed(List<? extends EmbeddingInput> inputs, OptionalInt dimensions) {
    return embed(inputs, dimensions, () -> false);
  }

  /**
   * As above, for one who may go before the vectors are there.
   *
   * @param cancelled asked before each step, that is some short texts or a part of a long one
   * @throws CancellationException if it says so
   */
  public EmbeddingResponse embed(
      List<? extends EmbeddingInput> inputs, OptionalInt dimensions, BooleanSupplier cancelled) {
    checkDimensions(dimensions);
    turns.enter();
    try {
      return embedded(inputs, dimensions, cancelled);
    } finally {
      turns.leave();
    }
  }

  private EmbeddingResponse embedded(
      List<? extends EmbeddingInput> inputs, OptionalInt dimensions, BooleanSupplier cancelled) {
    List<int[]> sequences = new ArrayList<>();
    int tokens = 0;
    for (EmbeddingInput input : inputs) {
      int[] ids = ids(input, sequences.size());
      tokens += ids.length;
      sequences.add(ids);
    }
    float[][] vectors = new float[sequences.size()][];
    Runnable check = () -> check(cancelled);
    for (int[] batch : batches(sequences)) {
      turns.take(() -> compute(sequences, batch, vectors, check));
    }
    List<float[]> finished = new ArrayList<>();
    for (float[] vector : vectors) {
      finished.add(finish(vector, dimensions));
    }
    return new EmbeddingResponse(finished, tokens);
  }

  private static void check(BooleanSupplier cancelled) {
    if (cancelled.getAsBoolean()) {
      throw new CancellationException("nobody waits for the vectors any more");
    }
  }

  private void checkDimensions(OptionalInt dimensions) {
    int wanted = dimensions.orElse(dimensions());
    if (wanted != dimensions() && !profile.truncate().contains(wanted)) {
      throw new InvalidRequestException(
          "dimensions",
          "dimensions: this model makes vectors of %d numbers%s, got %d"
              .formatted(
                  dimensions(),
                  profile.truncate().isEmpty()
                      ? " and was not trained to have them cut"
                      : ", or of " + profile.truncate(),
                  wanted));
    }
  }

  private int[] ids(EmbeddingInput input, int index) {
    int[] content =
        switch (input) {
          case EmbeddingInput.Text text ->
              tokenizer.encode(profile.prefix() + text.text(), Tokenizer.SpecialTokens.PARSE);
          case EmbeddingInput.Tokens tokens -> checked(tokens.ids(), index);
        };
    int[] ids = special.around(content);
    if (ids.length == 0) {
      throw new InvalidRequestException("input", "input %d has no tokens".formatted(index));
    }
    if (ids.length > profile.maxTokens()) {
      throw new InvalidRequestException(
          "input",
          "This model's maximum context length is %d tokens, but input %d has %d; nothing is cut silently"
              .formatted(profile.maxTokens(), index, ids.length));
    }
    return ids;
  }

  private int[] checked(int[] ids, int index) {
    int size = Math.min(model.vocabularySize(), tokenizer.vocabulary().size());
    for (int token : ids) {
      if (token < 0 || token >= size) {
        throw new InvalidRequestException(
            "input", "input %d: token %d is not among the %d tokens".formatted(index, token, size));
      }
    }
    return ids;
  }

  /** Indexes of sequences that are computed together, those of similar length. */
  private List<int[]> batches(List<int[]> sequences) {
    int[] order =
        IntStream.range(0, sequences.size())
            .boxed()
            .sorted(Comparator.comparingInt(i -> -sequences.get(i).length))
            .mapToInt(i -> i)
            .toArray();
    List<int[]> batches = new ArrayList<>();
    int from = 0;
    int tokens = 0;
    for (int at = 0; at < order.length; at++) {
      int length = sequences.get(order[at]).length;
      boolean full = tokens + length > model.batchTokens() || at - from == model.batchSequences();
      if (full && at > from) { // one text may be longer than a batch of several
        batches.add(Arrays.copyOfRange(order, from, at));
        from = at;
        tokens = 0;
      }
      tokens += length;
    }
    batches.add(Arrays.copyOfRange(order, from, order.length));
    return batches;
  }

  private void compute(List<int[]> sequences, int[] batch, float[][] vectors, Runnable check) {
    if (closed) {
      throw new EngineClosedException();
    }
    check.run(); // it may have waited long for its turn
    List<int[]> together = IntStream.of(batch).mapToObj(sequences::get).toList();
    float[][] computed = model.embed(together, profile.pooling(), check);
    for (int i = 0; i < batch.length; i++) {
      vectors[batch[i]] = computed[i];
    }
  }

  private float[] finish(float[] vector, OptionalInt dimensions) {
    int size = dimensions.orElse(vector.length);
    if (!profile.normalize() && size == vector.length) {
      return vector;
    }
    float[] cut = Arrays.copyOf(vector, size);
    double squares = 0;
    for (float value : cut) {
      squares += (double) value * value;
    }
    double length = Math.max(1e-12, Math.sqrt(squares));
    for (int i = 0; i < size; i++) {
      cut[i] = (float) (cut[i] / length);
    }
    return cut;
  }

  /** Ends the model; requests that wait get {@link EngineClosedException}. */
  @Override
  public void close() {
    turns.take(
        () -> {
          if (!closed) {
            closed = true;
            model.close();
            afterClose.run();
          }
        });
  }
}
