package ai.kolm.artifact;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.trust.ArtifactSigner;
import ai.kolm.trust.SigningKey;
import ai.kolm.weights.ThreadCost;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Entries of more than a chunk: their digests, {@code chunks.bin}, and where damage is found. */
class LargeEntriesTest {
  private static final int CHUNK = EntryChunks.CHUNK_BYTES;

  /** Two chunks and a bit. */
  private static final int SIZE = 2 * CHUNK + 12_345;

  private static final byte[] WEIGHTS = weights();

  @TempDir Path folder;
  private Path file;
  private ArtifactContent content;

  private static byte[] weights() {
    byte[] bytes = new byte[SIZE];
    new Random(1).nextBytes(bytes);
    byte[] gguf = ArtifactVectors.content(ArtifactVectors.WEIGHTS);
    System.arraycopy(gguf, 0, bytes, 0, 8);
    return bytes;
  }

  @BeforeEach
  void pack() throws Exception {
    file = folder.resolve("large.kolm");
    content = content(EntryData.of(WEIGHTS), 2);
    ArtifactWriter.write(file, content, Progress.NONE);
  }

  private static ArtifactContent content(EntryData weights, int threads)
      throws IOException, ArtifactException {
    List<ContentEntry> entries = new ArrayList<>();
    ArtifactVectors.content()
        .forEach(
            (name, bytes) -> {
              EntryData data = name.equals(ArtifactVectors.WEIGHTS) ? weights : EntryData.of(bytes);
              entries.add(new ContentEntry(name, ArtifactWriterTest.role(name), data));
            });
    return ArtifactContent.of(ArtifactWriterTest.tinyManifest(), entries, threads, Progress.NONE);
  }

  @Test
  void chunksOfAnEntryAreKnown() throws Exception {
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      for (int threads = 1; threads <= 3; threads++) {
        artifact.verify(threads, Progress.NONE);
      }
      assertEquals(content.cid(), artifact.cid());
      assertEquals(3 * 32, artifact.find("chunks.bin").orElseThrow().size());
      assertTrue(artifact.find(ArtifactVectors.WEIGHTS).orElseThrow().digest().isTree());
      MemorySegment mapped = artifact.entry(ArtifactVectors.WEIGHTS);
      assertEquals(-1, MemorySegment.ofArray(WEIGHTS).mismatch(mapped));
      EntryChunks chunks = artifact.chunks(ArtifactVectors.WEIGHTS);
      assertEquals(3, chunks.count());
      assertEquals(12_345, chunks.length(2));
      for (int i = 0; i < 3; i++) {
        byte[] bytes =
            mapped.asSlice(chunks.offset(i), chunks.length(i)).toArray(ValueLayout.JAVA_BYTE);
        assertTrue(chunks.matches(i, Sha256.of(bytes)));
        assertFalse(chunks.matches((i + 1) % 3, Sha256.of(bytes)));
      }
      EntryChunks small = artifact.chunks(ArtifactVectors.TEMPLATE);
      byte[] template = ArtifactVectors.content(ArtifactVectors.TEMPLATE);
      assertEquals(1, small.count());
      assertTrue(small.matches(0, Sha256.of(template)));
      assertThrows(IllegalArgumentException.class, () -> artifact.chunks("manifest.json"));
      assertThrows(IllegalArgumentException.class, () -> artifact.entry("none"));
    }
  }

  @Test
  void theFormOfTheDataDoesNotMatter() throws Exception {
    EntryData streamed =
        new EntryData.Streamed(
            SIZE,
            channel -> {
              ByteBuffer all = ByteBuffer.wrap(WEIGHTS);
              while (all.hasRemaining()) {
                ByteBuffer part = all.slice(all.position(), Math.min(777_777, all.remaining()));
                all.position(all.position() + channel.write(part));
              }
            });
    for (int threads = 1; threads <= 3; threads++) {
      assertEquals(content.cid(), content(streamed, threads).cid());
    }
    Path other = folder.resolve("other.kolm");
    long before = ThreadCost.bytes();
    ArtifactWriter.write(other, content(streamed, 1), Progress.NONE);
    long allocated = ThreadCost.bytes() - before;
    assertTrue(allocated < SIZE, allocated + " bytes allocated: the entry was held in memory");
    assertEquals(-1, Files.mismatch(file, other));
  }

  @Test
  void damageIsFoundToTheChunk() throws Exception {
    long start;
    try (Container container = Container.open(file, ArtifactLimits.DEFAULT)) {
      start = container.entry(ArtifactVectors.WEIGHTS).offset();
    }
    flip(start + SIZE - 1);
    flip(start + CHUNK);
    List<Long> progress = new ArrayList<>();
    for (int threads = 1; threads <= 3; threads++) {
      try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
        int n = threads;
        ArtifactException e =
            assertThrows(
                ArtifactException.class,
                () -> artifact.verify(n, (done, total) -> progress.add(done)));
        assertEquals(Code.DIGEST_MISMATCH, e.code());
        assertEquals("entry model/weights.gguf, bytes 4194304-8388607", e.where());
        byte[] chunk = Arrays.copyOfRange(WEIGHTS, CHUNK, 2 * CHUNK);
        assertEquals(Sha256.hex(Sha256.of(chunk)), e.expected());
        assertEquals(64, HexFormat.of().parseHex(e.actual()).length * 2);
        // Entries that are whole can be verified without the damaged one.
        artifact.verify(List.of(ArtifactVectors.TEMPLATE, "chunks.bin"), 1, Progress.NONE);
      }
    }
    assertFalse(progress.isEmpty());
  }

  /** Who waits for bytes has them verified, or is told that they are not what was signed. */
  @Test
  void bytesAreWaitedForWhileTheRestIsHashed() throws Exception {
    List<String> names = List.of(ArtifactVectors.TEMPLATE, ArtifactVectors.WEIGHTS);
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT);
        Verification verification = artifact.startVerification(names, 1)) {
      MemorySegment weights = artifact.entry(ArtifactVectors.WEIGHTS);
      verification.await(artifact.entry(ArtifactVectors.TEMPLATE));
      verification.await(weights.asSlice(CHUNK - 1, 2));
      verification.await(weights.asSlice(SIZE - 1));
      verification.await(weights.asSlice(SIZE));
      assertThrows(
          IllegalArgumentException.class,
          () -> verification.await(artifact.entry(ArtifactVectors.EVALS)));
      assertThrows(
          IllegalArgumentException.class, () -> verification.await(MemorySegment.ofArray(WEIGHTS)));
      verification.finish();
    }
    try (Container container = Container.open(file, ArtifactLimits.DEFAULT)) {
      flip(container.entry(ArtifactVectors.WEIGHTS).offset() + SIZE - 1);
    }
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT);
        Verification verification = artifact.startVerification(names, 2)) {
      MemorySegment last = artifact.entry(ArtifactVectors.WEIGHTS).asSlice(SIZE - 1);
      for (int i = 0; i < 2; i++) {
        ArtifactException e = assertThrows(ArtifactException.class, () -> verification.await(last));
        assertEquals("entry model/weights.gguf, bytes 8388608-8400952", e.where());
      }
      assertThrows(ArtifactException.class, verification::finish);
    }
  }

  @Test
  void aDamagedListOfChunksIsRefusedWhenOpened() throws Exception {
    long list;
    try (Container container = Container.open(file, ArtifactLimits.DEFAULT)) {
      list = container.entry("chunks.bin").offset();
    }
    flip(list + 32);
    assertEquals(Code.DIGEST_MISMATCH, refusal().code());
    flip(list + 32);
    Artifact.open(file, ArtifactLimits.DEFAULT).close();
  }

  /** Lists that do not fit the entries, in containers and manifests that are else in order. */
  @Test
  void aListThatDoesNotFitIsRefused() throws Exception {
    byte[] digests = chunkList();
    refusedList(null, "expected 96, got no such entry");
    refusedList(new byte[0], "expected 96, got 0");
    refusedList(Arrays.copyOf(digests, 64), "expected 96, got 64");
    refusedList(Arrays.copyOf(digests, 128), "expected 96, got 128");
    byte[] other = digests.clone();
    other[40] ^= 1;
    refusedList(other, "digest of entry model/weights.gguf: expected sha256t:");
    // Nothing to list, and yet there is one.
    ManifestEntry list = listEntry(new byte[0]);
    List<ManifestEntry> entries = new ArrayList<>(tinyEntries());
    entries.add(1, list);
    byte[] manifest = ManifestWriter.write(ArtifactWriterTest.tinyManifest().toManifest(entries));
    ContainerBytes container = new ContainerBytes().add("manifest.json", manifest);
    container.add("chunks.bin", new byte[0]);
    ArtifactVectors.content().forEach(container::add);
    Files.write(file, container.toArray());
    assertEquals(Code.CHUNKS_MISMATCH, refusal().code());
  }

  private static List<ManifestEntry> tinyEntries() throws ArtifactException {
    return ManifestReader.parse(ArtifactVectors.manifest(), new Faults("x")).entries();
  }

  private byte[] chunkList() throws Exception {
    try (Container container = Container.open(file, ArtifactLimits.DEFAULT)) {
      return container.bytes("chunks.bin").toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private static ManifestEntry listEntry(byte[] list) {
    return new ManifestEntry(
        "chunks.bin",
        list.length,
        EntryDigest.ofChunks(list.length, Sha256.of(list)),
        EntryRole.CHUNKS,
        Optional.empty());
  }

  private void refusedList(byte @Nullable [] list, String message) throws Exception {
    List<ManifestEntry> entries = new ArrayList<>(content.manifest().entries());
    entries.removeIf(entry -> entry.role() == EntryRole.CHUNKS);
    if (list != null) {
      entries.add(1, listEntry(list));
    }
    byte[] manifest = ManifestWriter.write(ArtifactWriterTest.tinyManifest().toManifest(entries));
    ContainerBytes container = new ContainerBytes().add("manifest.json", manifest);
    if (list != null) {
      container.add("chunks.bin", list);
    }
    ArtifactVectors.content()
        .forEach(
            (name, bytes) ->
                container.add(name, name.equals(ArtifactVectors.WEIGHTS) ? WEIGHTS : bytes));
    Files.write(file, container.toArray());
    ArtifactException e = refusal();
    assertEquals(Code.CHUNKS_MISMATCH, e.code(), e.getMessage());
    assertTrue(String.valueOf(e.getMessage()).contains(message), e.getMessage());
  }

  private ArtifactException refusal() {
    return assertThrows(
        ArtifactException.class, () -> Artifact.open(file, ArtifactLimits.DEFAULT).close());
  }

  @Test
  void anInterruptStopsTheHashingAndLeavesTheArtifactOpen() throws Exception {
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      Thread.currentThread().interrupt();
      assertThrows(InterruptedIOException.class, () -> artifact.verify(2, Progress.NONE));
      assertTrue(Thread.interrupted());
      artifact.verify(2, Progress.NONE);
      assertThrows(IllegalArgumentException.class, () -> artifact.verify(0, Progress.NONE));
    }
  }

  /** What was stopped is never taken for done, however often it is asked. */
  @Test
  void whatWasStoppedIsNotDone() {
    Thread caller = Thread.currentThread();
    ChunkWorkers workers =
        ChunkWorkers.start(
            2,
            1,
            (i, _) -> {
              // The first piece lasts until the caller, who waits for it, has been interrupted.
              while (i == 0 && (caller.getState() != Thread.State.WAITING)) {
                Thread.onSpinWait();
              }
              if (i == 0) {
                caller.interrupt();
                LockSupport.parkNanos(100_000_000);
              }
            });
    assertThrows(InterruptedIOException.class, workers::finish);
    assertTrue(Thread.interrupted());
    assertThrows(InterruptedIOException.class, () -> workers.await(1, 1));
    assertThrows(InterruptedIOException.class, workers::finish);
    workers.stop();
  }

  @Test
  void checksumsOfPartsMakeThatOfTheWhole() {
    for (int cut : new int[] {0, 1, 1_000, SIZE - 1, SIZE}) {
      int combined = Crc32Sum.combine(crc(0, cut), crc(cut, SIZE - cut), SIZE - cut);
      assertEquals(crc(0, SIZE), combined);
    }
  }

  private static int crc(int from, int length) {
    CRC32 crc = new CRC32();
    crc.update(WEIGHTS, from, length);
    return (int) crc.getValue();
  }

  private void flip(long at) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, at);
      one.put(0, (byte) (one.get(0) ^ 1));
      channel.write(one.rewind(), at);
    }
  }

  /**
   * A signed file, list of chunks included, is the one that an independent builder makes of the
   * same content and key: on whatever machine this runs.
   */
  @Test
  void aSignedFileHasTheseBytesEverywhere() throws Exception {
    byte[] seed = new byte[32];
    for (int i = 0; i < seed.length; i++) {
      seed[i] = (byte) i;
    }
    ArtifactWriter.write(
        file,
        content,
        ArtifactSigner.attestations(content, SigningKey.ofSeed(seed)),
        Progress.NONE);
    assertEquals(8_425_959, Files.size(file));
    assertEquals(
        "0dcfcdd8f529808db21e250792858d6c78f02d2de6f4408252ed61f5226083d6",
        Sha256.hex(Sha256.of(Files.readAllBytes(file))));
  }

  @Test
  void packingTwiceGivesTheSameBytes() throws Exception {
    Path again = folder.resolve("again.kolm");
    ArtifactWriter.write(again, content(EntryData.of(WEIGHTS), 1), Progress.NONE);
    assertArrayEquals(Files.readAllBytes(file), Files.readAllBytes(again));
  }
}
