package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.kolm.artifact.Manifest.Evals;
import ai.kolm.artifact.Manifest.License;
import ai.kolm.artifact.Manifest.Task;
import ai.kolm.artifact.Manifest.TokenizerSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TimeZone;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ArtifactWriterTest {
  @TempDir Path folder;

  /** What {@code tiny.kolm} is made of. */
  static ManifestBuilder tinyManifest() {
    BaseModel model =
        new BaseModel(
            BaseModel.Kind.DECODER,
            WeightFormat.GGUF,
            "llama",
            List.of(ArtifactVectors.WEIGHTS),
            Optional.empty(),
            Optional.empty(),
            2_048,
            49_152,
            Optional.empty(),
            OptionalLong.empty(),
            Optional.empty(),
            Optional.empty());
    return new ManifestBuilder(
            "tiny-redactor",
            1767225600,
            List.of(Capability.CHAT),
            Task.of(Task.Kind.REDACTION),
            License.of("Apache-2.0"))
        .model(model)
        .tokenizer(TokenizerSource.GGUF)
        .chatTemplate(ArtifactVectors.TEMPLATE)
        .evals(new Evals(ArtifactVectors.EVALS, 1, Optional.empty()));
  }

  static EntryRole role(String name) {
    return switch (name) {
      case ArtifactVectors.TEMPLATE -> EntryRole.TEMPLATE;
      case ArtifactVectors.EVALS -> EntryRole.EVALS;
      case ArtifactVectors.WEIGHTS -> EntryRole.WEIGHTS;
      default -> EntryRole.OTHER;
    };
  }

  private static ArtifactContent tiny() throws IOException, ArtifactException {
    List<ContentEntry> entries = new ArrayList<>();
    // Neither in the order of names nor all of one kind.
    for (String name :
        List.of(ArtifactVectors.WEIGHTS, ArtifactVectors.EVALS, ArtifactVectors.TEMPLATE)) {
      byte[] bytes = ArtifactVectors.content(name);
      EntryData data =
          entries.isEmpty()
              ? new EntryData.Streamed(bytes.length, channel -> drip(channel, bytes))
              : EntryData.of(bytes);
      entries.add(new ContentEntry(name, role(name), data));
    }
    return ArtifactContent.of(tinyManifest(), entries, 2, Progress.NONE);
  }

  /** Writes one byte at a time. */
  private static void drip(java.nio.channels.WritableByteChannel channel, byte[] bytes)
      throws IOException {
    for (byte b : bytes) {
      channel.write(ByteBuffer.wrap(new byte[] {b}));
    }
  }

  private static Map<String, byte[]> envelope() {
    return Map.of(ArtifactVectors.ENVELOPE, ArtifactVectors.text("envelope").getBytes(UTF_8));
  }

  @Test
  void manifestAndCidAreKnownWithoutAFile() throws Exception {
    ArtifactContent content = tiny();
    assertEquals(ArtifactVectors.text("cid"), content.cid().text());
    assertEquals(ArtifactVectors.text("manifest"), new String(content.manifestBytes(), UTF_8));
    assertEquals("tiny-redactor", content.manifest().name());
  }

  /** Twice and in three time zones: the bytes of the independent builder. */
  @Test
  void theSameContentGivesTheSameBytes() throws Exception {
    TimeZone zone = TimeZone.getDefault();
    try {
      for (String id : List.of("UTC", "Asia/Kolkata", "America/Los_Angeles", "UTC")) {
        TimeZone.setDefault(TimeZone.getTimeZone(id));
        Path file = folder.resolve("tiny.kolm");
        ArtifactWriter.write(file, tiny(), envelope(), Progress.NONE);
        assertArrayEquals(ArtifactVectors.tiny(), Files.readAllBytes(file), id);
      }
    } finally {
      TimeZone.setDefault(zone);
    }
    assertEquals(List.of("tiny.kolm"), names());
  }

  @Test
  void anOpenArtifactIsWrittenAgainWithTheSameCid() throws Exception {
    Path unsigned = folder.resolve("unsigned.kolm");
    ArtifactWriter.write(unsigned, tiny(), Progress.NONE);
    assertArrayEquals(ArtifactVectors.negative().get("unsigned"), Files.readAllBytes(unsigned));
    Path signed = folder.resolve("signed.kolm");
    try (Artifact artifact = Artifact.open(unsigned, ArtifactLimits.DEFAULT)) {
      assertTrue(artifact.attestations().isEmpty());
      ArtifactContent content = ArtifactContent.of(artifact);
      assertEquals(artifact.cid(), content.cid());
      ArtifactWriter.write(signed, content, envelope(), Progress.NONE);
    }
    assertArrayEquals(ArtifactVectors.tiny(), Files.readAllBytes(signed));
  }

  @Test
  void progressGrowsToTheTotal() throws Exception {
    List<Long> seen = new ArrayList<>();
    long total = 240 + 838;
    ArtifactWriter.write(
        folder.resolve("tiny.kolm"),
        tiny(),
        (done, all) -> {
          assertEquals(total, all);
          seen.add(done);
        });
    assertEquals(total, seen.getLast());
    assertEquals(seen.stream().sorted().toList(), seen);
  }

  /** Lets the n-th operation fail, for n from 1 until nothing fails any more. */
  @Test
  void whateverFailsNothingIsLeftAndTheOldFileStays() throws Exception {
    Path file = folder.resolve("a.kolm");
    int failures = 0;
    for (int n = 1; ; n++) {
      for (boolean old : new boolean[] {false, true}) {
        Files.deleteIfExists(file);
        if (old) {
          Files.writeString(file, "old");
        }
        FailingDisk disk = new FailingDisk(n);
        try {
          new ArtifactWriter(disk).writeTo(file, tiny(), envelope(), Progress.NONE);
          assertTrue(disk.operations < n, "a failure was swallowed");
          assertArrayEquals(ArtifactVectors.tiny(), Files.readAllBytes(file));
          System.out.printf("artifact writer: %d operations, each made to fail%n", n - 1);
          assertTrue(failures > 40);
          return;
        } catch (IOException e) {
          failures++;
          assertEquals("no space left " + n, rootOf(e).getMessage());
          if (disk.renamed) {
            assertArrayEquals(ArtifactVectors.tiny(), Files.readAllBytes(file));
          } else {
            assertEquals(old ? List.of("a.kolm") : List.of(), names());
            assertTrue(!old || Files.readString(file).equals("old"));
          }
        }
      }
    }
  }

  /** Of the files that look like temporary ones only those go that nobody holds any more. */
  @Test
  void whatAKilledWriterLeftGoes() throws Exception {
    Path file = folder.resolve("a.kolm");
    Path young = Leftovers.temporary(file);
    Path old = Leftovers.temporary(file);
    Path held = Leftovers.temporary(file);
    Path other = Leftovers.temporary(folder.resolve("b.kolm"));
    Path named = folder.resolve(".a.kolm.mine.tmp");
    FileTime hour = FileTime.from(Instant.now().minusSeconds(3600));
    for (Path one : List.of(young, old, other, named)) {
      Files.writeString(one, "half");
      Files.setLastModifiedTime(one, one.equals(young) ? FileTime.from(Instant.now()) : hour);
    }
    try (SeekableByteChannel writer = new RealDisk().create(held)) {
      Files.setLastModifiedTime(held, hour);
      ArtifactWriter.write(file, tiny(), envelope(), Progress.NONE);
      assertTrue(writer.isOpen());
      assertFalse(Files.exists(old));
      for (Path one : List.of(young, held, other, named)) {
        assertTrue(Files.exists(one), one.toString());
      }
    }
    ArtifactWriter.write(file, tiny(), envelope(), Progress.NONE);
    assertFalse(Files.exists(held), "nobody holds it any more");
    assertArrayEquals(ArtifactVectors.tiny(), Files.readAllBytes(file));
  }

  private static Throwable rootOf(Throwable e) {
    return e.getCause() == null ? e : rootOf(e.getCause());
  }

  /** A disk that gets full at the n-th operation, and until then writes a few bytes at a time. */
  private static final class FailingDisk implements ArtifactWriter.Disk {
    private final RealDisk disk = new RealDisk();
    private final int failing;
    private int operations;
    private boolean renamed;

    FailingDisk(int failing) {
      this.failing = failing;
    }

    private void step() throws IOException {
      operations++;
      if (operations >= failing) {
        throw new IOException("no space left " + failing);
      }
    }

    @Override
    public SeekableByteChannel create(Path file) throws IOException {
      step();
      return new SlowChannel(disk.create(file), this);
    }

    @Override
    public void force(SeekableByteChannel channel) throws IOException {
      step();
      disk.force(((SlowChannel) channel).channel);
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
      step();
      disk.rename(from, to);
      renamed = true;
    }

    @Override
    public void forceDirectory(Path directory) throws IOException {
      step();
      disk.forceDirectory(directory);
    }
  }

  /** Writes at most 1,000 bytes at a time. */
  private record SlowChannel(SeekableByteChannel channel, FailingDisk disk)
      implements SeekableByteChannel {
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      disk.step();
      ByteBuffer part = bytes.slice(bytes.position(), Math.min(1_000, bytes.remaining()));
      int n = channel.write(part);
      bytes.position(bytes.position() + n);
      return n;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      return channel.read(into);
    }

    @Override
    public long position() throws IOException {
      return channel.position();
    }

    @Override
    public SeekableByteChannel position(long position) throws IOException {
      channel.position(position);
      return this;
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public SeekableByteChannel truncate(long size) throws IOException {
      channel.truncate(size);
      return this;
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  @Test
  void dataThatIsNotTheSameTwiceIsRefused() throws Exception {
    int[] calls = {0};
    EntryData data =
        new EntryData.Streamed(
            1, channel -> channel.write(ByteBuffer.wrap(new byte[] {(byte) calls[0]++})));
    IOException e = assertThrows(IOException.class, () -> write(data));
    assertEquals("entry readme.md: the data has changed since it was hashed", e.getMessage());
    assertEquals(List.of(), names());
  }

  @ParameterizedTest
  @CsvSource({"0", "4", "6", "2000000"})
  void dataOfAnotherSizeIsRefused(int written) throws Exception {
    EntryData data =
        new EntryData.Streamed(5, channel -> channel.write(ByteBuffer.wrap(new byte[written])));
    IOException e = assertThrows(IOException.class, () -> write(data));
    assertEquals("entry readme.md: expected 5 bytes of data, got " + written, e.getMessage());
    assertEquals(List.of(), names());
  }

  private void write(EntryData data) throws IOException, ArtifactException {
    List<ContentEntry> entries = new ArrayList<>();
    ArtifactVectors.content()
        .forEach(
            (name, bytes) -> entries.add(new ContentEntry(name, role(name), EntryData.of(bytes))));
    entries.add(new ContentEntry("readme.md", EntryRole.README, data));
    ArtifactContent content = ArtifactContent.of(tinyManifest(), entries, 1, Progress.NONE);
    ArtifactWriter.write(folder.resolve("a.kolm"), content, Progress.NONE);
  }

  @Test
  void onlyKnownAttestationsAreWritten() throws Exception {
    ArtifactContent content = tiny();
    for (Map<String, byte[]> wrong :
        List.of(
            Map.of("attest/x.json", new byte[1]),
            Map.of(ArtifactVectors.ENVELOPE, new byte[(1536 << 10) + 1]))) {
      assertThrows(
          IllegalArgumentException.class,
          () -> ArtifactWriter.write(folder.resolve("a.kolm"), content, wrong, Progress.NONE));
    }
    assertEquals(List.of(), names());
  }

  /** Other programs open what is written. */
  @ParameterizedTest
  @CsvSource({"python3 -m zipfile -t", "unzip -t"})
  void otherProgramsReadIt(String command) throws Exception {
    Path file = folder.resolve("tiny.kolm");
    ArtifactWriter.write(file, tiny(), envelope(), Progress.NONE);
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.add(file.toString());
    Process process;
    try {
      process = new ProcessBuilder(words).redirectErrorStream(true).start();
    } catch (IOException e) {
      assumeTrue(false, words.getFirst() + " is not installed");
      return;
    }
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    assertEquals(0, process.exitValue(), output);
    assertFalse(output.isEmpty());
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(path -> path.getFileName().toString()).sorted().toList();
    }
  }
}
