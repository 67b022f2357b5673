package ai.kolm.artifact;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/** Hashes the entries of an artifact that is to be written, chunk by chunk on several threads. */
final class ContentHasher {

  /**
   * What is known of an entry once its bytes were read.
   *
   * @param chunks the SHA-256 of each chunk one behind the other
   * @param crc the CRC-32 of the whole
   */
  record Hashed(byte[] chunks, int crc) {}

  /** A piece of work: a chunk of an entry, or all of one whose bytes come in order. */
  private record Piece(int entry, int chunk) {
    static final int ALL = -1;
  }

  private final List<ContentEntry> entries;
  private final List<byte[]> digests = new ArrayList<>();
  private final List<int[]> crcs = new ArrayList<>();
  private final List<Piece> pieces = new ArrayList<>();
  private final ProgressCounter counter;

  private ContentHasher(List<ContentEntry> entries, Progress progress) {
    this.entries = entries;
    long total = 0;
    for (ContentEntry entry : entries) {
      EntryData data = entry.data();
      int count = EntryChunks.count(data.size());
      digests.add(new byte[count * Sha256.BYTES]);
      crcs.add(new int[count]);
      total = Math.addExact(total, data.size());
      if (data instanceof EntryData.Bytes) {
        for (int chunk = 0; chunk < count; chunk++) {
          pieces.add(new Piece(digests.size() - 1, chunk));
        }
      } else {
        pieces.add(new Piece(digests.size() - 1, Piece.ALL));
      }
    }
    counter = new ProgressCounter(progress, total);
  }

  /** Hashes {@code entries}; the result is in the same order. */
  static List<Hashed> hash(List<ContentEntry> entries, int threads, Progress progress)
      throws IOException, ArtifactException {
    ContentHasher hasher = new ContentHasher(entries, progress);
    ChunkWorkers.run(hasher.pieces.size(), threads, hasher::hashPiece);
    List<Hashed> hashed = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      hashed.add(new Hashed(hasher.digests.get(i), hasher.crc(i)));
    }
    return hashed;
  }

  private void hashPiece(long index, ChunkHasher hasher) throws IOException, ArtifactException {
    Piece piece = pieces.get((int) index);
    ContentEntry entry = entries.get(piece.entry);
    switch (entry.data()) {
      case EntryData.Bytes data -> {
        long offset = (long) piece.chunk * EntryChunks.CHUNK_BYTES;
        long length = Math.min(EntryChunks.CHUNK_BYTES, data.size() - offset);
        byte[] digest =
            hasher.hash((into, at) -> EntryData.copy(data.bytes(), into, at), offset, length);
        put(piece.entry, piece.chunk, digest, hasher.crc());
        counter.add(length);
      }
      case EntryData.Streamed data -> hashStream(piece.entry, entry.name(), data);
    }
  }

  private void hashStream(int entry, String name, EntryData.Streamed data) throws IOException {
    MessageDigest sha256 = Sha256.start();
    CRC32 crc = new CRC32();
    long[] done = {0};
    EntryChannel.copy(
        name,
        data,
        (block, length) -> {
          sha256.update(block, 0, length);
          crc.update(block, 0, length);
          done[0] += length;
          if (done[0] % EntryChunks.CHUNK_BYTES == 0 && done[0] < data.size()) {
            int chunk = (int) (done[0] / EntryChunks.CHUNK_BYTES) - 1;
            put(entry, chunk, sha256.digest(), (int) crc.getValue());
            crc.reset();
          }
          counter.add(length);
        });
    int last = EntryChunks.count(data.size()) - 1;
    put(entry, last, sha256.digest(), (int) crc.getValue());
  }

  private void put(int entry, int chunk, byte[] digest, int crc) {
    System.arraycopy(digest, 0, digests.get(entry), chunk * Sha256.BYTES, Sha256.BYTES);
    crcs.get(entry)[chunk] = crc;
  }

  private int crc(int entry) {
    int[] parts = crcs.get(entry);
    int crc = parts[0];
    long size = entries.get(entry).data().size();
    for (int chunk = 1; chunk < parts.length; chunk++) {
      long offset = (long) chunk * EntryChunks.CHUNK_BYTES;
      crc = Crc32Sum.combine(crc, parts[chunk], Math.min(EntryChunks.CHUNK_BYTES, size - offset));
    }
    return crc;
  }
}
