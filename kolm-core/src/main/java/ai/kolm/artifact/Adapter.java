package ai.kolm.artifact;

/**
 * A LoRA adapter: an item of {@code adapters} of the manifest.
 *
 * @param name the adapter; {@code <model id>:<name>} asks for it
 * @param target what it adapts
 * @param weights the entry with the matrices
 * @param config the entry with the PEFT configuration
 * @param rank of the matrices, 1 to 512
 * @param byDefault whether it is applied unless a request names another
 */
public record Adapter(
    String name, Target target, String weights, String config, int rank, boolean byDefault) {
  private static final int MAX_RANK = 512;

  /** What an adapter adapts. */
  public enum Target {
    /** The base model. */
    MODEL,
    /** The speech model. */
    AUDIO
  }

  /**
   * @throws IllegalArgumentException if a field is not as the manifest allows it
   */
  public Adapter {
    ManifestChecks.ident("name", name);
    ManifestChecks.entryName("weights", weights);
    ManifestChecks.entryName("config", config);
    ManifestChecks.range("rank", rank, 1, MAX_RANK);
  }
}
