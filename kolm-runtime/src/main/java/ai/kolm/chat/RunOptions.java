package ai.kolm.chat;

import ai.kolm.engine.EngineLimits;
import ai.kolm.kernels.KernelSelection;
import ai.kolm.model.EncoderPrecision;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * How to run a model. Start from {@link #DEFAULT} and the {@code with} methods.
 *
 * @param threads that compute, default: the processors of this process, as far as its container
 *     lets it use them
 * @param contextLength tokens that prompt and answer may have together; absent: those of the model,
 *     as far as the memory allows
 * @param cacheBytes the most memory for keys and values of all sequences together, default 1 GiB;
 *     less where the machine or the container has less beside weights and heap. Taken as it is
 *     needed
 * @param prefixCache whether what a request has computed is kept, in that memory, for requests that
 *     start with the same tokens; default yes
 * @param kernels {@code scalar}, {@code vector} or {@code emitted}; absent: the fastest that this
 *     process can run
 * @param deterministic whether logits must have the same bits however a prompt is cut into steps,
 *     whatever else is in the batch and whatever came from the prefix cache (D1, see the package
 *     {@code ai.kolm.engine}); default yes. Without, prompts and texts to embed are mostly rounded
 *     to 8 bits where the processor is faster at that
 * @param exactCache whether keys and values are kept in single precision and prompts never rounded
 *     to 8 bits, for comparing numbers; default no
 * @param embeddingBits that an encoder computes vectors with where the processor is faster then:
 *     32, exactly; 16, at a cosine of 0.9999 to those; 8, at 0.999; absent: 8 where prompts may be
 *     rounded, else 32
 * @param limits how much to take on at a time
 */
public record RunOptions(
    int threads,
    OptionalInt contextLength,
    long cacheBytes,
    boolean prefixCache,
    Optional<String> kernels,
    boolean deterministic,
    boolean exactCache,
    OptionalInt embeddingBits,
    EngineLimits limits) {

  /** For an interactive server that has the machine to itself. */
  public static final RunOptions DEFAULT =
      new RunOptions(
          Runtime.getRuntime().availableProcessors(),
          OptionalInt.empty(),
          1L << 30,
          true,
          Optional.empty(),
          true,
          false,
          OptionalInt.empty(),
          EngineLimits.DEFAULT);

  /**
   * @throws IllegalArgumentException if a number is not positive
   */
  public RunOptions {
    Objects.requireNonNull(limits);
    check("threads", threads);
    check("context length", contextLength.orElse(1));
    check("cache bytes", cacheBytes);
    embeddingBits.ifPresent(EncoderPrecision::of);
  }

  private static void check(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException("%s must be at least 1, got %d".formatted(name, value));
    }
  }

  /** These options with another number of threads. */
  public RunOptions withThreads(int newThreads) {
    return with(fields -> fields.threads = newThreads);
  }

  /** These options with a context length. */
  public RunOptions withContextLength(int newLength) {
    return with(fields -> fields.contextLength = OptionalInt.of(newLength));
  }

  /** These options with other memory for keys and values. */
  public RunOptions withCacheBytes(long newBytes) {
    return with(fields -> fields.cacheBytes = newBytes);
  }

  /** These options with or without the prefix cache. */
  public RunOptions withPrefixCache(boolean keeps) {
    return with(fields -> fields.prefixCache = keeps);
  }

  /** These options with kernels chosen by name. */
  public RunOptions withKernels(String newKernels) {
    return with(fields -> fields.kernels = Optional.of(newKernels));
  }

  /** These options with faster, coarser prompts (D0). */
  public RunOptions withFastPrompts() {
    return with(fields -> fields.deterministic = false);
  }

  /** Whether products of many rows may be rounded to 8 bits. */
  public boolean takesFastPrompts() {
    return !deterministic && !exactCache;
  }

  /**
   * Whether a JVM with the module {@code jdk.incubator.vector} would run the model faster than one
   * without, or is asked for.
   */
  public boolean wantsVectorModule() {
    return kernels
        .map(name -> KernelSelection.Set.of(name) == KernelSelection.Set.VECTOR)
        .orElseGet(() -> !KernelSelection.emittedObstacle().isEmpty());
  }

  /** These options with keys and values in single precision. */
  public RunOptions withExactCache() {
    return with(fields -> fields.exactCache = true);
  }

  /**
   * These options with vectors computed with {@code bits} bits.
   *
   * @throws IllegalArgumentException if that is not 32, 16 or 8
   */
  public RunOptions withEmbeddingBits(int bits) {
    return with(fields -> fields.embeddingBits = OptionalInt.of(bits));
  }

  /** Bits that an encoder may compute with. */
  public int encoderBits() {
    return embeddingBits.orElse(takesFastPrompts() ? Byte.SIZE : Float.SIZE);
  }

  /** These options with other limits. */
  public RunOptions withLimits(EngineLimits newLimits) {
    return with(fields -> fields.limits = newLimits);
  }

  private RunOptions with(Consumer<Fields> change) {
    Fields fields = new Fields(this);
    change.accept(fields);
    return fields.options();
  }

  /** The same, on their way to other options. */
  private static final class Fields {
    int threads;
    OptionalInt contextLength;
    long cacheBytes;
    boolean prefixCache;
    Optional<String> kernels;
    boolean deterministic;
    boolean exactCache;
    OptionalInt embeddingBits;
    EngineLimits limits;

    Fields(RunOptions from) {
      threads = from.threads;
      contextLength = from.contextLength;
      cacheBytes = from.cacheBytes;
      prefixCache = from.prefixCache;
      kernels = from.kernels;
      deterministic = from.deterministic;
      exactCache = from.exactCache;
      embeddingBits = from.embeddingBits;
      limits = from.limits;
    }

    RunOptions options() {
      return new RunOptions(
          threads,
          contextLength,
          cacheBytes,
          prefixCache,
          kernels,
          deterministic,
          exactCache,
          embeddingBits,
          limits);
    }
  }
}
