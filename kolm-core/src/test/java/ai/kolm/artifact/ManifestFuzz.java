package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Bytes as a manifest. Whatever they are, they are refused with a typed exception, or they are the
 * one text of what was read: written again, it is the same byte for byte, but for extensions.
 */
public final class ManifestFuzz {
  private ManifestFuzz() {}

  /** What the fuzzer calls. */
  public static void fuzzerTestOneInput(byte[] input) {
    try {
      Faults faults = new Faults("fuzz");
      Manifest manifest = ManifestReader.parse(input, faults);
      ManifestReferences.check(manifest, faults);
      boolean extended = new String(input, UTF_8).contains("\"x-");
      if (!extended && !Arrays.equals(input, ManifestWriter.write(manifest))) {
        throw new AssertionError("accepted, but not as the format writes it");
      }
    } catch (ArtifactException e) {
      if (e.getMessage() == null || e.code().id().isEmpty()) {
        throw new AssertionError("refused without a reason", e);
      }
    }
  }
}
