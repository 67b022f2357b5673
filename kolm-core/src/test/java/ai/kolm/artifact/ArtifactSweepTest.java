package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.weights.ThreadCost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every single bit of {@code tiny.kolm}, and some 20,000 other small changes of it: cut anywhere,
 * bytes and integers at their boundary values, and changes of the manifest in a container that is
 * in order. Each is refused with a typed exception or has another CID, and costs little.
 */
class ArtifactSweepTest {
  /** A reader of the format may take 16 MiB for a hostile file; this one takes far less. */
  private static final long MAX_BYTES = 1 << 20;

  @TempDir Path folder;

  /** Opens a file and uses all of it; returns its CID. */
  private interface Target {
    String use(Path file) throws IOException, ArtifactException;
  }

  /** What came of a sweep. */
  private static final class Sweep {
    private final Target target;
    private final Path file;
    private final List<String> findings = new ArrayList<>();
    private final Map<String, Integer> codes = new TreeMap<>();
    private final long started = ThreadCost.nanos();
    private int files;
    private int otherCid;

    Sweep(Target target, Path file) {
      this.target = target;
      this.file = file;
    }

    void tryFile(String name, byte[] bytes) throws IOException {
      Files.write(file, bytes);
      tryFile(name);
    }

    /** Uses the file as it is. */
    void tryFile(String name) throws IOException {
      files++;
      long allocated = use(name);
      if (allocated > MAX_BYTES) {
        // The first use of a class allocates what it loads, so this may be none of the file's.
        allocated = use(name);
      }
      if (allocated > MAX_BYTES) {
        findings.add(name + ": " + allocated + " bytes allocated");
      }
    }

    private long use(String name) throws IOException {
      long before = ThreadCost.bytes();
      try {
        if (target.use(file).equals(ArtifactVectors.text("cid"))) {
          findings.add(name + ": accepted with the same CID");
        } else {
          otherCid++;
        }
      } catch (ArtifactException e) {
        codes.merge(e.code().id(), 1, Integer::sum);
      } catch (RuntimeException | Error e) {
        findings.add(name + ": " + e);
      }
      return ThreadCost.bytes() - before;
    }

    void print(String what) {
      System.out.printf(
          "%s: %d files, %d refused %s, %d with another CID, %d ms of processor%n",
          what,
          files,
          files - otherCid,
          codes,
          otherCid,
          (ThreadCost.nanos() - started) / 1_000_000);
    }
  }

  private static String open(Path file) throws IOException, ArtifactException {
    try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      // Where only the contents were changed, hashing them has to tell.
      artifact.verify(1, Progress.NONE);
      return artifact.cid().text();
    }
  }

  @Test
  void everySingleBitCounts() throws IOException {
    byte[] tiny = ArtifactVectors.tiny();
    Sweep sweep = new Sweep(ArtifactSweepTest::open, folder.resolve("bits.kolm"));
    Files.write(sweep.file, tiny);
    try (FileChannel channel = FileChannel.open(sweep.file, StandardOpenOption.WRITE)) {
      for (int bit = 0; bit < tiny.length * 8; bit++) {
        byte changed = (byte) (tiny[bit / 8] ^ 1 << bit % 8);
        channel.write(ByteBuffer.wrap(new byte[] {changed}), bit / 8);
        sweep.tryFile("bit " + bit);
        if (bit % 8 == 7) {
          channel.write(ByteBuffer.wrap(tiny, bit / 8, 1), bit / 8);
        }
      }
    }
    sweep.print("single bits of tiny.kolm");
    assertEquals(List.of(), sweep.findings);
    assertEquals(tiny.length * 8, sweep.files);
    assertEquals(0, sweep.otherCid);
  }

  @Test
  void everySmallChangeIsRefusedOrHasAnotherCid() throws IOException {
    Sweep sweep = sweep(ArtifactSweepTest::open);
    sweep.print("changes of tiny.kolm");
    assertEquals(List.of(), sweep.findings);
    assertTrue(sweep.files > 20_000, sweep.files + " files");
    assertTrue(sweep.codes.size() > 15, sweep.codes.toString());
  }

  /** The canary: holes planted in a reader are found, so the sweep would find ours. */
  @Test
  void aReaderWithAHoleIsCaught() throws IOException {
    Target blind =
        file -> {
          try (Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
            return artifact.cid().text();
          }
        };
    List<String> missed = sweepContent(blind).findings;
    assertFalse(missed.isEmpty());
    assertTrue(missed.getFirst().endsWith("accepted with the same CID"), missed.getFirst());
    Target throwing =
        file -> {
          open(file);
          throw new IndexOutOfBoundsException("planted");
        };
    byte[] tiny = ArtifactVectors.tiny();
    Sweep crash = new Sweep(throwing, folder.resolve("crash.kolm"));
    crash.tryFile("as it is", tiny);
    assertTrue(crash.findings.getFirst().endsWith("Exception: planted"));
    Target greedy =
        file -> {
          byte[] bytes = new byte[(int) MAX_BYTES + 1];
          return open(file) + bytes.length;
        };
    Sweep costly = new Sweep(greedy, folder.resolve("costly.kolm"));
    costly.tryFile("as it is", tiny);
    assertTrue(costly.findings.getFirst().endsWith("bytes allocated"));
  }

  private Sweep sweep(Target target) throws IOException {
    Sweep sweep = sweepContent(target);
    byte[] tiny = ArtifactVectors.tiny();
    for (int length = 0; length < tiny.length; length += length % 4_096 < 128 ? 1 : 61) {
      sweep.tryFile("cut to " + length, Arrays.copyOf(tiny, length));
    }
    for (int at = 0; at < tiny.length; at++) {
      boolean padding = tiny[at] == 0 && (at == 0 || tiny[at - 1] == 0);
      for (int value : new int[] {0x00, 0x80, 0xFF, tiny[at] ^ 1}) {
        if ((byte) value != tiny[at] && (!padding || (value == 0x80 && at % 8 == 0))) {
          byte[] changed = tiny.clone();
          changed[at] = (byte) value;
          sweep.tryFile("byte " + at + " = " + value, changed);
        }
      }
    }
    sweepIntegers(sweep, tiny);
    sweepManifest(sweep);
    return sweep;
  }

  /** Every byte of the content, in an artifact that is otherwise in order. */
  private Sweep sweepContent(Target target) throws IOException {
    Sweep sweep = new Sweep(target, folder.resolve("sweep.kolm"));
    for (Map.Entry<String, byte[]> entry : ArtifactVectors.content().entrySet()) {
      for (int at = 0; at < entry.getValue().length; at++) {
        Map<String, byte[]> content = ArtifactVectors.content();
        content.put(entry.getKey(), ArtifactVectors.flip(entry.getValue(), at));
        sweep.tryFile(
            entry.getKey() + " byte " + at, container(ArtifactVectors.manifest(), content));
      }
    }
    return sweep;
  }

  /** Every 16 and 32 bits of headers, directory and end at their boundary values. */
  private static void sweepIntegers(Sweep sweep, byte[] tiny) throws IOException {
    List<Integer> places = new ArrayList<>();
    for (int page = 0; page < tiny.length; page += ContainerBytes.ALIGNMENT) {
      int header = ArtifactVectors.indexOf(Arrays.copyOfRange(tiny, page, tiny.length), "PK\3\4");
      if (header >= 0) {
        for (int i = 0; i < 64; i += 2) {
          places.add(page + header + i);
        }
      }
    }
    for (int at = ArtifactVectors.indexOf(tiny, "PK\1\2"); at < tiny.length - 3; at++) {
      places.add(at);
    }
    for (int at : places) {
      for (int value : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0, tiny.length - at}) {
        byte[] changed = tiny.clone();
        ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putInt(at, value);
        if (!Arrays.equals(changed, tiny)) {
          sweep.tryFile("integer " + at + " = " + value, changed);
        }
      }
    }
  }

  /** The manifest with other characters, without some, and with other numbers. */
  private static void sweepManifest(Sweep sweep) throws IOException {
    String text = ArtifactVectors.text("manifest");
    for (int i = 0; i < text.length(); i++) {
      for (String character : List.of("", "0", "a", "\"", "}", ",", "\\", "\u00e9")) {
        tryManifest(sweep, text.substring(0, i) + character + text.substring(i + 1));
      }
    }
    for (MatchResult number : Pattern.compile("(?<=:)\\d+").matcher(text).results().toList()) {
      for (String value :
          List.of(
              "-1",
              "1e9",
              "1e400",
              "2147483648",
              "4294967297",
              "9007199254740992",
              "null",
              "9223372036854775807",
              "18446744073709551616",
              "[]",
              "{}",
              "true",
              "\"1\"",
              "0.5")) {
        tryManifest(
            sweep, text.substring(0, number.start()) + value + text.substring(number.end()));
      }
    }
  }

  private static void tryManifest(Sweep sweep, String manifest) throws IOException {
    if (!manifest.equals(ArtifactVectors.text("manifest"))) {
      byte[] file = container(manifest.getBytes(UTF_8), ArtifactVectors.content());
      sweep.tryFile("manifest " + manifest, file);
    }
  }

  /** With the envelope of tiny.kolm, which nobody looks at here. */
  private static byte[] container(byte[] manifest, Map<String, byte[]> content) {
    byte[] envelope = ArtifactVectors.text("envelope").getBytes(UTF_8);
    return ArtifactVectors.container(manifest, envelope, content).toArray();
  }
}
