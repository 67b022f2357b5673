package ai.kolm.cli.pack;

import ai.kolm.cli.pull.Licence;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.QuantizationPlan;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What an artifact is to be.
 *
 * @param target its file; one of this name is replaced
 * @param name what its manifest calls it
 * @param licence under what it may be used; absent: what the source says
 * @param quantization absent: weights stay as they are
 * @param adapters to be packed with it
 * @param vectors how it makes vectors, if it does
 * @param created seconds since 1970 for the manifest
 * @param enclosures what is packed along with it
 * @param draft the model that proposes tokens to it, verified; closed by the caller
 */
public record PackOptions(
    Path target,
    String name,
    Optional<Licence> licence,
    Optional<QuantizationPlan> quantization,
    List<AdapterSource> adapters,
    VectorOptions vectors,
    long created,
    Enclosures enclosures,
    Optional<ModelFiles> draft) {
  /** Copies the list. */
  public PackOptions {
    adapters = List.copyOf(adapters);
  }
}
