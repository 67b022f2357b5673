package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * An open artifact: its manifest, and its entries mapped in place.
 *
 * <pre>{@code
 * try (Artifact artifact = Artifact.open(path, ArtifactLimits.DEFAULT)) {
 *   artifact.verify(2, Progress.NONE);
 *   MemorySegment gguf = artifact.entry("model/weights.gguf");
 *   GgufFile file = GgufFile.read(gguf, "model/weights.gguf");
 * }
 * }</pre>
 *
 * <p>{@link #open} checks the container, the manifest, that the entries are those of the manifest,
 * and the list of chunk digests: milliseconds, whatever the size. It does not hash the entries: no
 * parser may see the bytes of an entry before {@link #verify} has passed for it, or before a loader
 * has compared them chunk by chunk with {@link #chunks}. The CID is that of the artifact from the
 * start, and says what the entries must be.
 *
 * <p>Safe for use by several threads. Memory of entries can be used until {@link #close}.
 */
public final class Artifact implements AutoCloseable {
  /**
   * Statements about the content, which are outside the CID, and their largest size in bytes. The
   * first holds the manifest in Base64, whose limit is 1 MiB: whatever can be read can be signed.
   */
  static final Map<String, Integer> ATTESTATIONS =
      Map.of("attest/manifest.dsse.json", 1536 << 10, "attest/eval.dsse.json", 256 << 10);

  private final Container container;
  private final byte[] manifestBytes;
  private final Manifest manifest;
  private final ChunkList chunks;
  private final Cid cid;

  private Artifact(Container container, ArtifactLimits limits)
      throws IOException, ArtifactException {
    this.container = container;
    Faults faults = container.faults();
    manifestBytes = container.small(ContainerFormat.MANIFEST, limits.manifestBytes());
    for (Map.Entry<String, Integer> attestation : ATTESTATIONS.entrySet()) {
      if (container.find(attestation.getKey()).isPresent()) {
        container.small(attestation.getKey(), attestation.getValue());
      }
    }
    manifest = ManifestReader.parse(manifestBytes, faults);
    ManifestReferences.check(manifest, faults);
    checkEntrySet(container, manifest);
    chunks = ChunkList.read(container, manifest);
    cid = Cid.of(manifest, manifestBytes);
  }

  /**
   * Opens an artifact.
   *
   * @throws ArtifactException if it is not as the format says; the code and message say how
   * @throws IOException if the file cannot be read
   */
  public static Artifact open(Path file, ArtifactLimits limits)
      throws IOException, ArtifactException {
    Container container = Container.open(file, limits);
    try {
      return of(container, limits);
    } catch (IOException | ArtifactException | RuntimeException | Error e) {
      container.close();
      throw e;
    }
  }

  /**
   * The artifact in a container that is open already, for example because a signature of its
   * manifest was checked first. Closing the artifact closes the container.
   *
   * @throws ArtifactException if it is not as the format says; the container stays open
   */
  public static Artifact of(Container container, ArtifactLimits limits)
      throws IOException, ArtifactException {
    return new Artifact(container, limits);
  }

  private static void checkEntrySet(Container container, Manifest manifest)
      throws ArtifactException {
    Faults faults = container.faults();
    Map<String, ManifestEntry> missing = new HashMap<>();
    manifest.entries().forEach(entry -> missing.put(entry.name(), entry));
    Set<String> others = new HashSet<>(ATTESTATIONS.keySet());
    others.add(ContainerFormat.MANIFEST);
    for (ContainerEntry entry : container.entries()) {
      ManifestEntry declared = missing.remove(entry.name());
      String where = "entry " + entry.name();
      if (declared == null && !others.contains(entry.name())) {
        throw faults.of(Code.ENTRY_SET_MISMATCH, where, "in the container, not in the manifest");
      }
      if (declared != null && declared.size() != entry.size()) {
        throw faults.of(Code.ENTRY_SET_MISMATCH, where, "size", declared.size(), entry.size());
      }
    }
    for (ManifestEntry entry : manifest.entries()) {
      if (missing.containsKey(entry.name())) {
        throw faults.of(
            Code.ENTRY_SET_MISMATCH,
            "entry " + entry.name(),
            "in the manifest, not in the container");
      }
    }
  }

  /**
   * The most bytes that a statement about the content may have.
   *
   * @throws IllegalArgumentException if there is no statement of this name
   */
  public static int attestationLimit(String name) {
    Integer limit = ATTESTATIONS.get(name);
    if (limit == null) {
      throw new IllegalArgumentException("no statement is called " + name);
    }
    return limit;
  }

  /** The file as it was opened. */
  public Path file() {
    return container.file();
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

  /** The content entries except the manifest, by name. */
  public List<ManifestEntry> entries() {
    return manifest.entries();
  }

  /** A content entry by name. */
  public Optional<ManifestEntry> find(String name) {
    return manifest.entries().stream().filter(entry -> entry.name().equals(name)).findFirst();
  }

  /**
   * The bytes of an entry, mapped in place, read-only, on a page boundary of the file. Verify them
   * before a parser sees them.
   *
   * @throws IllegalArgumentException if there is no such entry
   */
  public MemorySegment entry(String name) {
    return container.bytes(name);
  }

  /**
   * The signed statements about the content, {@code attest/...}, as they are in the file; nothing
   * of them is checked here but name, size and CRC-32.
   */
  public Map<String, MemorySegment> attestations() {
    Map<String, MemorySegment> found = new TreeMap<>();
    for (String name : ATTESTATIONS.keySet()) {
      if (container.find(name).isPresent()) {
        found.put(name, container.bytes(name));
      }
    }
    return found;
  }

  /**
   * The chunks of a content entry and what each must hash to, for a loader that checks while it
   * reads.
   *
   * @throws IllegalArgumentException if there is no such entry
   */
  public EntryChunks chunks(String name) {
    return chunks.of(name);
  }

  /** Verifies all content entries, as {@link #verify(Collection, int, Progress)}. */
  public void verify(int threads, Progress progress) throws IOException, ArtifactException {
    verify(manifest.entries().stream().map(ManifestEntry::name).toList(), threads, progress);
  }

  /**
   * Hashes content entries and compares them with the manifest; then looks whether weights start as
   * weights do.
   *
   * @param names of the entries
   * @param threads that hash; the calling thread waits
   * @param progress is told the bytes hashed
   * @throws ArtifactException {@code digest_mismatch} with the entry and the bytes of its first
   *     damaged chunk; {@code container_crc}; {@code weights_format}; {@code file_changed} if the
   *     file has become shorter
   * @throws IOException if the file cannot be read or the calling thread is interrupted
   * @throws IllegalArgumentException if an entry does not exist
   */
  public void verify(Collection<String> names, int threads, Progress progress)
      throws IOException, ArtifactException {
    new ArtifactVerifier(container, manifest, chunks, names).verify(threads, progress);
  }

  /**
   * Begins to verify content entries, in this order, while the caller uses those that are verified:
   * as {@link #verify(Collection, int, Progress)}, but the CRC-32 of entries of more than one chunk
   * is left out, which says nothing that their digests do not say.
   *
   * @param threads that hash
   */
  public Verification startVerification(List<String> names, int threads) {
    return new Verification(
        container, new ArtifactVerifier(container, manifest, chunks, names), threads);
  }

  /** The content entries except the manifest as they are written. */
  List<ArtifactContent.Part> contentParts() {
    List<ArtifactContent.Part> parts = new ArrayList<>();
    for (ManifestEntry entry : manifest.entries()) {
      ContainerEntry stored = container.entry(entry.name());
      EntryData data = EntryData.of(container.bytes(entry.name()));
      parts.add(new ArtifactContent.Part(entry.name(), data, stored.crc()));
    }
    return parts;
  }

  /** As {@link Container#checkUnchanged}. */
  public void checkUnchanged() throws IOException, ArtifactException {
    container.checkUnchanged();
  }

  /** Closes the file and releases its memory. */
  @Override
  public void close() {
    container.close();
  }
}
