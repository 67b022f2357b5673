package ai.kolm.artifact;

import java.util.Optional;

/**
 * An entry that is to be packed.
 *
 * @param name of the entry
 * @param role what it is for
 * @param data its bytes
 * @param sourceSha256 the plain SHA-256 of the file that was imported, if known
 */
public record ContentEntry(
    String name, EntryRole role, EntryData data, Optional<String> sourceSha256) {

  /**
   * @throws IllegalArgumentException if the name or the digest has another form than the manifest
   *     allows, or if it is {@code chunks.bin}, which is made when an artifact is packed
   */
  public ContentEntry {
    ManifestChecks.entryName("name", name);
    sourceSha256.ifPresent(hex -> ManifestChecks.hex("source_sha256", hex));
    if (role == EntryRole.CHUNKS || name.equals(ContainerFormat.CHUNKS)) {
      throw new IllegalArgumentException("chunks.bin is made when an artifact is packed");
    }
  }

  /** An entry that was not imported from a file of its own. */
  public ContentEntry(String name, EntryRole role, EntryData data) {
    this(name, role, data, Optional.empty());
  }
}
