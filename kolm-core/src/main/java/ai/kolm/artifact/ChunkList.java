package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * The digests of all chunks of all entries. Those of entries of more than 4 MiB stand in {@code
 * chunks.bin}, one behind the other in the order of the entries; it is checked by its own digest,
 * and each part of it by that of its entry, before any of it is used.
 *
 * <p>{@code chunks.bin} itself is at most 4 MiB, as its own chunks would have to be in it; so the
 * entries that need it have at most 512 GiB in all.
 */
final class ChunkList {
  private final Map<String, EntryChunks> byEntry = new HashMap<>();

  private ChunkList() {}

  /** Reads and checks {@code chunks.bin}; the entries of container and manifest are the same. */
  static ChunkList read(Container container, Manifest manifest)
      throws IOException, ArtifactException {
    Faults faults = container.faults();
    byte[] chunks = chunks(container, manifest, faults);
    ChunkList list = new ChunkList();
    int at = 0;
    for (ManifestEntry entry : manifest.entries()) {
      byte[] digests;
      if (entry.digest().isTree()) {
        int end = at + Math.multiplyExact(EntryChunks.count(entry.size()), Sha256.BYTES);
        digests = Arrays.copyOfRange(chunks, at, end);
        at = end;
        EntryDigest actual = EntryDigest.ofChunks(entry.size(), digests);
        // By their texts: what compares records, the JVM makes when it is first asked for.
        if (!actual.text().equals(entry.digest().text())) {
          throw faults.of(
              Code.CHUNKS_MISMATCH,
              "entry chunks.bin, bytes %d-%d".formatted(at - digests.length, at - 1),
              "digest of entry " + entry.name(),
              entry.digest(),
              actual);
        }
      } else {
        digests = HexFormat.of().parseHex(entry.digest().hex());
      }
      list.byEntry.put(entry.name(), new EntryChunks(entry.name(), entry.size(), digests));
    }
    return list;
  }

  private static byte[] chunks(Container container, Manifest manifest, Faults faults)
      throws IOException, ArtifactException {
    long expected = 0;
    for (ManifestEntry entry : manifest.entries()) {
      if (entry.digest().isTree()) {
        expected += (long) EntryChunks.count(entry.size()) * Sha256.BYTES;
      }
    }
    String where = "entry " + ContainerFormat.CHUNKS;
    Optional<ManifestEntry> declared =
        manifest.entries().stream().filter(e -> e.role() == EntryRole.CHUNKS).findFirst();
    long size = declared.map(ManifestEntry::size).orElse(0L);
    if (size != expected || declared.isPresent() != expected > 0) {
      throw faults.of(
          Code.CHUNKS_MISMATCH,
          where,
          "size",
          expected == 0 ? "no such entry" : expected,
          declared.isPresent() ? size : "no such entry");
    }
    if (declared.isEmpty()) {
      return new byte[0];
    }
    ContainerEntry entry = container.entry(ContainerFormat.CHUNKS);
    byte[] chunks = new byte[(int) size];
    container.read(ByteBuffer.wrap(chunks), entry.offset());
    String digest = Sha256.hex(Sha256.of(chunks));
    if (!digest.equals(declared.get().digest().hex())) {
      throw faults.of(
          Code.DIGEST_MISMATCH, where, "SHA-256", declared.get().digest().hex(), digest);
    }
    CRC32 crc = new CRC32();
    crc.update(chunks);
    container.checkCrc(entry, (int) crc.getValue());
    return chunks;
  }

  EntryChunks of(String entry) {
    EntryChunks chunks = byEntry.get(entry);
    if (chunks == null) {
      throw new IllegalArgumentException("no content entry " + entry);
    }
    return chunks;
  }
}
