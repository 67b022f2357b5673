package ai.kolm.artifact;

import java.util.Optional;

/**
 * Where weights come from.
 *
 * @param name of the model at its source, {@code Qwen/Qwen2.5-0.5B-Instruct}
 * @param revision of it there
 * @param license its licence, an SPDX identifier
 * @param sha256 of the file it was taken from, 64 hexadecimal digits
 */
public record Origin(
    String name, Optional<String> revision, Optional<String> license, Optional<String> sha256) {

  /**
   * @throws IllegalArgumentException if a text is too long or the digest has another form
   */
  public Origin {
    ManifestChecks.length("name", name, 1, 256);
    revision.ifPresent(text -> ManifestChecks.length("revision", text, 0, 128));
    license.ifPresent(text -> ManifestChecks.length("license", text, 0, 64));
    sha256.ifPresent(hex -> ManifestChecks.hex("sha256", hex));
  }
}
