package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Hashes entries and compares them with what they must hash to, chunk by chunk on several threads.
 * SHA-256 goes before CRC-32: where both differ the digest is reported. The CRC-32 of an entry of
 * several chunks is computed only where it is asked for; no digest depends on it.
 */
final class ArtifactVerifier {
  private final Container container;
  private final Manifest manifest;
  private final List<EntryChunks> entries = new ArrayList<>();
  private final List<int[]> crcs = new ArrayList<>();
  private final long[] firstChunk;

  ArtifactVerifier(
      Container container, Manifest manifest, ChunkList chunks, Collection<String> names) {
    this.container = container;
    this.manifest = manifest;
    firstChunk = new long[names.size() + 1];
    for (String name : names) {
      EntryChunks entry = chunks.of(name);
      entries.add(entry);
      crcs.add(new int[entry.count()]);
      firstChunk[entries.size()] = firstChunk[entries.size() - 1] + entry.count();
    }
  }

  /** Verifies all, checksums included. */
  void verify(int threads, Progress progress) throws IOException, ArtifactException {
    start(threads, progress, true).finish();
    for (int i = 0; i < entries.size(); i++) {
      checkCrc(entries.get(i), crcs.get(i));
    }
  }

  /** Begins to verify; chunk {@link #indexOf} is verified when the piece of that number is done. */
  ChunkWorkers start(int threads, Progress progress, boolean checksums) {
    long total = 0;
    for (EntryChunks entry : entries) {
      total += container.entry(entry.name()).size();
    }
    ProgressCounter counter = new ProgressCounter(progress, total);
    return ChunkWorkers.start(
        firstChunk[entries.size()],
        threads,
        (i, hasher) -> verifyOrSayWhy(i, hasher, counter, checksums));
  }

  /** A file that was cut or written to meanwhile is said to be so, whatever shows it. */
  private void verifyOrSayWhy(
      long index, ChunkHasher hasher, ProgressCounter counter, boolean checksums)
      throws IOException, ArtifactException {
    try {
      verifyChunk(index, hasher, counter, checksums);
    } catch (IOException e) {
      container.checkUnchanged();
      throw e;
    } catch (InternalError e) {
      // How the JVM says that a page of a mapped file is gone: some calls after the access.
      container.checkUnchanged();
      throw new IOException("the file was cut while it was read", e);
    }
  }

  /**
   * The number of the chunk that holds a byte, among the chunks of all entries.
   *
   * @param offset in the file
   * @throws IllegalArgumentException if the byte belongs to none of the entries
   */
  int indexOf(long offset) {
    for (int i = 0; i < entries.size(); i++) {
      ContainerEntry entry = container.entry(entries.get(i).name());
      long at = offset - entry.offset();
      if (at >= 0 && at < entry.size()) {
        return Math.toIntExact(firstChunk[i] + at / EntryChunks.CHUNK_BYTES);
      }
    }
    throw new IllegalArgumentException("byte " + offset + " is of no entry that is verified");
  }

  private void verifyChunk(
      long index, ChunkHasher hasher, ProgressCounter counter, boolean checksums)
      throws IOException, ArtifactException {
    int i = entryOf(index);
    int chunk = (int) (index - firstChunk[i]);
    EntryChunks entry = entries.get(i);
    long start = container.entry(entry.name()).offset() + entry.offset(chunk);
    boolean small = entry.count() == 1;
    byte[] digest = hasher.hash(container::copy, start, entry.length(chunk), checksums || small);
    if (!entry.matches(chunk, digest)) {
      container.checkUnchanged();
      throw container
          .faults()
          .of(
              Code.DIGEST_MISMATCH,
              entry.range(chunk),
              "SHA-256",
              entry.hex(chunk),
              Sha256.hex(digest));
    }
    crcs.get(i)[chunk] = hasher.crc();
    if (small) {
      checkCrc(entry, crcs.get(i));
    }
    if (chunk == 0) {
      Optional<WeightFormat> format = format(entry.name());
      if (format.isPresent()) {
        WeightMagic.check(container, entry.name(), format.get());
      }
    }
    counter.add(entry.length(chunk));
  }

  private int entryOf(long chunk) {
    int low = 0;
    int high = entries.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (firstChunk[middle] <= chunk) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private void checkCrc(EntryChunks entry, int[] chunkCrcs) throws ArtifactException {
    int crc = chunkCrcs[0];
    for (int chunk = 1; chunk < chunkCrcs.length; chunk++) {
      crc = Crc32Sum.combine(crc, chunkCrcs[chunk], entry.length(chunk));
    }
    container.checkCrc(container.entry(entry.name()), crc);
  }

  /** The format that an entry must have because weights are in it. */
  private Optional<WeightFormat> format(String name) {
    if (manifest.model().filter(m -> m.weights().contains(name)).isPresent()) {
      return manifest.model().map(BaseModel::format);
    }
    if (manifest.audio().filter(a -> a.weights().contains(name)).isPresent()) {
      return manifest.audio().map(AudioModel::format);
    }
    if (manifest.adapters().stream().anyMatch(a -> a.weights().equals(name))) {
      return Optional.of(WeightFormat.SAFETENSORS);
    }
    return manifest
        .draft()
        .filter(d -> d.weights().contains(name))
        .map(d -> name.endsWith(".gguf") ? WeightFormat.GGUF : WeightFormat.SAFETENSORS);
  }
}
