package ai.kolm.cli.pack;

import ai.kolm.cli.pull.Licence;
import ai.kolm.weights.QuantizationPlan;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What an artifact is to be.
 *
 * @param target its file; one of this name is replaced
 * @param name what its manifest calls it
 * @param licence under what it may be used; absent: what the source says
 * @param quantization absent: weights stay as they are
 * @param created seconds since 1970 for the manifest
 */
public record PackOptions(
    Path target,
    String name,
    Optional<Licence> licence,
    Optional<QuantizationPlan> quantization,
    long created) {}
