package ai.kolm.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.Container;
import ai.kolm.artifact.ContainerEntry;
import ai.kolm.artifact.Progress;
import ai.kolm.reference.ReferenceData;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.TrustDirectory;
import ai.kolm.trust.TrustPolicy;
import ai.kolm.trust.VerificationReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The artifact of the default model, one byte of it changed: it is refused, and the report names
 * the entry. Positions of the weights are sampled; every byte of the structure (headers, padding,
 * directory, end record) and of the small entries is tried.
 */
class FlippedBytesTest {
  private static final int SAMPLES = 2_000;
  private static final int SMALL_ENTRY = 1 << 20;

  @TempDir private Path home;

  private Path file = Path.of("");
  private ArtifactGate gate = ArtifactGate.OPEN;
  private List<ContainerEntry> entries = List.of();
  private final Map<String, Integer> codes = new TreeMap<>();
  private int named;
  private int byOffset;

  @Test
  @Tag("nightly")
  void anyByteOfTheDefaultArtifact() throws Exception {
    pack(ReferenceData.smollm2());
    SplittableRandom random = new SplittableRandom(6);
    int content = 0;
    for (ContainerEntry entry : entries) {
      boolean small = entry.size() <= SMALL_ENTRY;
      long tries = small ? entry.size() : SAMPLES;
      for (long i = 0; i < tries; i++) {
        flipContent(entry, small ? i : random.nextLong(entry.size()), random);
        content++;
      }
    }
    print(content, flipStructure(random));
  }

  /** The same on a tiny model, of which not every byte of the padding is tried. */
  @Test
  void aByteOfATinyArtifact() throws Exception {
    pack(KolmRun.chatModel());
    SplittableRandom random = new SplittableRandom(7);
    int content = 0;
    for (ContainerEntry entry : entries) {
      for (int i = 0; i < 40; i++) {
        flipContent(entry, random.nextLong(entry.size()), random);
        content++;
      }
    }
    print(content, 0);
  }

  private void pack(Path model) throws Exception {
    file = home.resolve("model.kolm");
    KolmRun run =
        KolmRun.of(home, "pack", model.toString(), "--license", "MIT", "--out", file.toString());
    assertEquals(0, run.exitCode(), run.err());
    gate =
        new ArtifactGate(
            new TrustDirectory(home.resolve("kolm/trust")).load(),
            TrustPolicy.TRUSTED_KEYS,
            InstantSource.system());
    assertTrue(verify().accepted());
    try (Container container = Container.open(file, ArtifactLimits.DEFAULT)) {
      entries = container.entries();
    }
  }

  private void print(int content, int structure) throws IOException {
    System.out.printf(
        "flipped bytes of %s (%,d bytes, %d entries): %d of content, %d of the structure, all"
            + " refused %s; %d times the entry is named, %d times the byte of the file%n",
        file.getFileName(),
        Files.size(file),
        entries.size(),
        content,
        structure,
        codes,
        named,
        byOffset);
    assertTrue(verify().accepted(), "every byte was put back");
  }

  private VerificationReport verify() throws IOException {
    return gate.verify(file, Runtime.getRuntime().availableProcessors(), Progress.NONE);
  }

  private void flipContent(ContainerEntry entry, long at, SplittableRandom random)
      throws IOException {
    String where = flip(entry.offset() + at, random);
    assertTrue(
        where.contains("entry " + entry.name()), "byte " + at + " of " + entry + ": " + where);
    named++;
  }

  /** Everything that is no content: what lies before, between and behind the data of entries. */
  private int flipStructure(SplittableRandom random) throws IOException {
    List<Long> positions = new ArrayList<>();
    long from = 0;
    for (ContainerEntry entry : entries) {
      for (long at = from; at < entry.offset(); at++) {
        positions.add(at);
      }
      from = entry.offset() + entry.size();
    }
    for (long at = from; at < Files.size(file); at++) {
      positions.add(at);
    }
    for (long at : positions) {
      String where = flip(at, random);
      if (where.contains("entry ")) {
        named++;
      } else {
        assertTrue(where.contains("byte ") || where.contains("end record"), at + ": " + where);
        byOffset++;
      }
    }
    return positions.size();
  }

  /** Changes one bit of a byte, verifies, puts it back; returns where the fault is said to be. */
  private String flip(long at, SplittableRandom random) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer one = ByteBuffer.allocate(1);
      channel.read(one, at);
      byte old = one.get(0);
      channel.write(one.put(0, (byte) (old ^ (1 << random.nextInt(8)))).flip(), at);
      VerificationReport report = verify();
      channel.write(ByteBuffer.wrap(new byte[] {old}), at);
      codes.merge(report.code().orElse("accepted"), 1, Integer::sum);
      assertTrue(!report.accepted(), "byte " + at);
      return report.checks().stream()
          .filter(check -> check.status() == VerificationReport.Status.FAIL)
          .map(VerificationReport.Check::where)
          .findFirst()
          .orElse("");
    }
  }
}
