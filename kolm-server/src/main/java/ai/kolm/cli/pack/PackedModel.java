package ai.kolm.cli.pack;

import ai.kolm.artifact.Cid;
import java.nio.file.Path;

/**
 * An artifact that was written.
 *
 * @param file where it is
 * @param bytes its size
 * @param entries how many it has, manifest and signature included
 * @param cid its content identifier
 * @param keyId who signed it
 */
public record PackedModel(Path file, long bytes, int entries, Cid cid, String keyId) {}
