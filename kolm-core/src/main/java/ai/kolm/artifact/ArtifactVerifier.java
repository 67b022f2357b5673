package ai.kolm.artifact;

import ai.kolm.artifact.ArtifactException.Code;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Hashes entries and compares them with what they must hash to, chunk by chunk on several threads.
 * SHA-256 goes before CRC-32: where both differ the digest is reported.
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

  void verify(int threads, Progress progress) throws IOException, ArtifactException {
    long total = 0;
    for (EntryChunks entry : entries) {
      total += container.entry(entry.name()).size();
    }
    ProgressCounter counter = new ProgressCounter(progress, total);
    ChunkWorkers.run(
        firstChunk[entries.size()], threads, (i, hasher) -> verifyChunk(i, hasher, counter));
    for (int i = 0; i < entries.size(); i++) {
      checkCrc(entries.get(i), crcs.get(i));
    }
    for (EntryChunks entry : entries) {
      Optional<WeightFormat> format = format(entry.name());
      if (format.isPresent()) {
        WeightMagic.check(container, entry.name(), format.get());
      }
    }
  }

  private void verifyChunk(long index, ChunkHasher hasher, ProgressCounter counter)
      throws IOException, ArtifactException {
    int i = entryOf(index);
    int chunk = (int) (index - firstChunk[i]);
    EntryChunks entry = entries.get(i);
    long start = container.entry(entry.name()).offset() + entry.offset(chunk);
    byte[] digest = hasher.hash(container::read, start, entry.length(chunk));
    if (!entry.matches(chunk, digest)) {
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
