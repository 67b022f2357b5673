package ai.kolm.artifact;

import java.util.Optional;

/**
 * What the manifest says about an entry.
 *
 * @param name the entry
 * @param size of its data, in bytes
 * @param digest of its data
 * @param role what it is for
 * @param sourceSha256 the plain SHA-256 of the file it was imported from, 64 hexadecimal digits:
 *     what a model hub shows for the file
 */
public record ManifestEntry(
    String name, long size, EntryDigest digest, EntryRole role, Optional<String> sourceSha256) {
  /** The largest entry, 1 TiB. */
  static final long MAX_SIZE = 1L << 40;

  /**
   * @throws IllegalArgumentException if the name is not that of a content entry, the size is out of
   *     range, or the digest is of the other kind than the size asks for
   */
  public ManifestEntry {
    ManifestChecks.entryName("name", name);
    ManifestChecks.range("size", size, 0, MAX_SIZE);
    sourceSha256.ifPresent(hex -> ManifestChecks.hex("source_sha256", hex));
    if (digest.isTree() != size > EntryChunks.CHUNK_BYTES) {
      throw new IllegalArgumentException(
          "digest: expected %s for %d bytes, got %s"
              .formatted(
                  size > EntryChunks.CHUNK_BYTES ? EntryDigest.TREE : EntryDigest.PLAIN,
                  size,
                  digest));
    }
  }
}
