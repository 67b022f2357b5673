package ai.kolm.artifact;

import ai.kolm.artifact.ContentHasher.Hashed;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * An artifact that is complete but not written: its entries are hashed, its manifest and CID are
 * known. {@link ArtifactWriter} writes it; a model file that is served as it is needs no more than
 * this.
 *
 * <pre>{@code
 * ArtifactContent content = ArtifactContent.of(manifest, entries, 2, Progress.NONE);
 * content.cid();
 * ArtifactWriter.write(path, content, Progress.NONE);
 * }</pre>
 *
 * <p>Immutable, if the data of its entries is.
 */
public final class ArtifactContent {
  private final Manifest manifest;
  private final byte[] manifestBytes;
  private final Cid cid;
  private final List<Part> content;

  /**
   * An entry as it is written.
   *
   * @param crc the CRC-32 of the data
   */
  record Part(String name, EntryData data, int crc) {

    static Part of(String name, byte[] bytes) {
      CRC32 crc = new CRC32();
      crc.update(bytes);
      return new Part(name, EntryData.of(bytes), (int) crc.getValue());
    }
  }

  private ArtifactContent(Manifest manifest, byte[] manifestBytes, List<Part> content) {
    this.manifest = manifest;
    this.manifestBytes = manifestBytes;
    this.content = List.copyOf(content);
    cid = Cid.of(manifest, manifestBytes);
  }

  /**
   * Hashes entries and makes the manifest; the same input gives the same result.
   *
   * @param manifest what the artifact says about itself
   * @param entries at least one, in any order
   * @param threads that hash
   * @param progress is told the bytes hashed
   * @throws ArtifactException if the manifest does not fit the entries, or an entry is larger than
   *     its role allows
   * @throws IOException if data cannot be read or the calling thread is interrupted
   * @throws IllegalArgumentException if a field of the manifest is not as the format allows it
   */
  public static ArtifactContent of(
      ManifestBuilder manifest, List<ContentEntry> entries, int threads, Progress progress)
      throws IOException, ArtifactException {
    List<ContentEntry> byName = new ArrayList<>(entries);
    byName.sort(Comparator.comparing(ContentEntry::name));
    List<Hashed> hashed = ContentHasher.hash(byName, threads, progress);
    List<ManifestEntry> declared = new ArrayList<>();
    List<Part> parts = new ArrayList<>();
    ByteArrayOutputStream chunks = new ByteArrayOutputStream();
    for (int i = 0; i < byName.size(); i++) {
      ContentEntry entry = byName.get(i);
      long size = entry.data().size();
      EntryDigest digest = EntryDigest.ofChunks(size, hashed.get(i).chunks());
      declared.add(
          new ManifestEntry(entry.name(), size, digest, entry.role(), entry.sourceSha256()));
      parts.add(new Part(entry.name(), entry.data(), hashed.get(i).crc()));
      if (digest.isTree()) {
        chunks.writeBytes(hashed.get(i).chunks());
      }
    }
    if (chunks.size() > 0) {
      addChunkList(chunks.toByteArray(), declared, parts);
    }
    Manifest complete = manifest.toManifest(declared);
    ManifestReferences.check(complete, new Faults(complete.name()));
    return new ArtifactContent(complete, ManifestWriter.write(complete), parts);
  }

  private static void addChunkList(byte[] list, List<ManifestEntry> declared, List<Part> parts) {
    EntryDigest digest = EntryDigest.ofChunks(list.length, Sha256.of(list));
    declared.add(
        new ManifestEntry(
            ContainerFormat.CHUNKS, list.length, digest, EntryRole.CHUNKS, Optional.empty()));
    declared.sort(Comparator.comparing(ManifestEntry::name));
    parts.add(Part.of(ContainerFormat.CHUNKS, list));
  }

  /**
   * The content of an open artifact, for writing it again with other attestations: the manifest is
   * the same byte for byte. Can be used until {@code artifact} is closed.
   */
  public static ArtifactContent of(Artifact artifact) {
    return new ArtifactContent(
        artifact.manifest(), artifact.manifestBytes(), artifact.contentParts());
  }

  /** What the artifact says about itself. */
  public Manifest manifest() {
    return manifest;
  }

  /** The bytes of {@code manifest.json}: what a signature covers. */
  public byte[] manifestBytes() {
    return manifestBytes.clone();
  }

  /** The content identifier. */
  public Cid cid() {
    return cid;
  }

  /** All entries in the order of the container: the manifest, the attestations, the rest. */
  List<Part> parts(Map<String, byte[]> attestations) {
    List<Part> all = new ArrayList<>(content);
    all.add(Part.of(ContainerFormat.MANIFEST, manifestBytes));
    attestations.forEach((name, bytes) -> all.add(Part.of(name, bytes)));
    all.sort((a, b) -> ContainerFormat.compareNames(a.name(), b.name()));
    return all;
  }
}
