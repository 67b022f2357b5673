package ai.kolm.cli.pack;

import ai.kolm.artifact.Manifest;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What an artifact is made of besides its base.
 *
 * @param target its file; one of this name is replaced
 * @param name what its manifest calls it
 * @param created seconds since 1970 for the manifest
 * @param task what it is for
 * @param adapter the directory of the adapter, as PEFT saves it
 * @param evals the cases of the holdout; absent: they stay out
 * @param provenance how the weights were made
 * @param form what of the base is in it
 */
public record DistilledModel(
    Path target,
    String name,
    long created,
    Manifest.Task task,
    Path adapter,
    Optional<Cases> evals,
    byte[] provenance,
    Form form) {

  /** What of the base is in the artifact. */
  public sealed interface Form {
    /** All of it, and the adapter beside it. */
    record Beside() implements Form {}

    /** Only its CID: the adapter needs it in the same store. */
    record Delta() implements Form {}

    /**
     * Its weights with the adapter added to them, as a GGUF file.
     *
     * @param weights the file
     * @param retyped the type that changed matrices have now, if it is another one
     */
    record Merged(Path weights, Optional<String> retyped) implements Form {}
  }

  /**
   * Cases of an evaluation.
   *
   * @param lines JSON, a case on each
   * @param count how many
   * @param scorer of all that name none
   */
  public record Cases(byte[] lines, int count, String scorer) {}
}
