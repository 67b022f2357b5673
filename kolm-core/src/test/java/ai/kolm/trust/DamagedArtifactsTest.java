package ai.kolm.trust;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactVectors;
import ai.kolm.artifact.Progress;
import ai.kolm.trust.TrustedKey.Terms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Some 30,000 damaged artifacts at the gate: every byte of {@code tiny.kolm} changed, every length
 * it can be cut to in steps, and changes of manifest, envelope and content in containers that are
 * otherwise in order. Each is refused with a code.
 */
class DamagedArtifactsTest {
  private static final ArtifactGate GATE = gate();

  @TempDir Path folder;

  private final Map<String, Integer> codes = new TreeMap<>();
  private final List<String> findings = new ArrayList<>();
  private int files;

  private static ArtifactGate gate() {
    byte[] seed = new byte[32];
    for (int i = 0; i < seed.length; i++) {
      seed[i] = (byte) i;
    }
    TrustedKey key = new TrustedKey(SigningKey.ofSeed(seed).publicKey(), Terms.ALL);
    return new ArtifactGate(
        new TrustStore(List.of(key), List.of()), TrustPolicy.TRUSTED_KEYS, InstantSource.system());
  }

  private interface Reader {
    void read(Path file) throws IOException, ArtifactException;
  }

  private static void whole(Path file) throws IOException, ArtifactException {
    try (TrustedArtifact opened = GATE.open(file)) {
      opened.artifact().verify(1, Progress.NONE);
    }
  }

  private void refuse(String name, byte[] bytes, Reader reader) throws IOException {
    Path file = folder.resolve("x.kolm");
    Files.write(file, bytes);
    files++;
    try {
      reader.read(file);
      findings.add(name + ": accepted");
    } catch (ArtifactException e) {
      codes.merge(e.code().id(), 1, Integer::sum);
    } catch (RuntimeException | Error e) {
      findings.add(name + ": " + e);
    }
  }

  @Test
  void everyDamageIsRefused() throws Exception {
    byte[] tiny = ArtifactVectors.tiny();
    for (int at = 0; at < tiny.length; at++) {
      refuse("byte " + at, ArtifactVectors.flip(tiny, at), DamagedArtifactsTest::whole);
    }
    for (int length = 0; length < tiny.length; length += 5) {
      refuse("cut to " + length, Arrays.copyOf(tiny, length), DamagedArtifactsTest::whole);
    }
    Map<String, byte[]> envelope =
        Map.of(ArtifactGate.ENVELOPE, ArtifactVectors.text("envelope").getBytes(UTF_8));
    byte[] manifest = ArtifactVectors.manifest();
    for (int at = 0; at < manifest.length; at++) {
      refuse(
          "manifest " + at,
          ArtifactVectors.attested(ArtifactVectors.flip(manifest, at), envelope),
          DamagedArtifactsTest::whole);
    }
    sweepEnvelope(manifest);
    System.out.printf("damaged artifacts: %d of %d refused %s%n", refused(), files, codes);
    assertEquals(List.of(), findings);
    assertTrue(files > 20_000, files + " files");
    assertTrue(codes.size() >= 15, codes.toString());
    assertEquals(files, refused());
  }

  private void sweepEnvelope(byte[] manifest) throws IOException {
    byte[] good = ArtifactVectors.text("envelope").getBytes(UTF_8);
    for (int at = 0; at < good.length; at++) {
      for (int bit : new int[] {0, 2, 5}) {
        byte[] changed = good.clone();
        changed[at] ^= (byte) (1 << bit);
        refuse(
            "envelope " + at + " bit " + bit,
            ArtifactVectors.attested(manifest, Map.of(ArtifactGate.ENVELOPE, changed)),
            DamagedArtifactsTest::whole);
      }
    }
  }

  private int refused() {
    return codes.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** The canary: a gate that looks at no signature is found. */
  @Test
  void aGateWithAHoleIsCaught() throws Exception {
    byte[] envelope = ArtifactVectors.text("envelope").getBytes(UTF_8);
    int signature = new String(envelope, UTF_8).indexOf("\"sig\":\"") + 10;
    byte[] file =
        ArtifactVectors.attested(
            ArtifactVectors.manifest(),
            Map.of(ArtifactGate.ENVELOPE, ArtifactVectors.flip(envelope, signature)));
    refuse(
        "blind",
        file,
        path -> {
          try (var artifact =
              ai.kolm.artifact.Artifact.open(path, ai.kolm.artifact.ArtifactLimits.DEFAULT)) {
            artifact.verify(1, Progress.NONE);
          }
        });
    assertFalse(findings.isEmpty());
    assertEquals("blind: accepted", findings.getFirst());
  }

  /** Verification that fails says which entry it is, and where. */
  @Test
  void aFlippedByteOfAnEntryIsNamed() throws Exception {
    int named = 0;
    for (Map.Entry<String, byte[]> entry : ArtifactVectors.content().entrySet()) {
      byte[] tiny = ArtifactVectors.tiny();
      int start = indexOf(tiny, entry.getValue());
      for (int i = 0; i < entry.getValue().length; i++) {
        Path file = folder.resolve("flip.kolm");
        Files.write(file, ArtifactVectors.flip(tiny, start + i));
        VerificationReport report = GATE.verify(file, 1, Progress.NONE);
        String where =
            report.checks().stream()
                .filter(check -> check.status() == VerificationReport.Status.FAIL)
                .map(VerificationReport.Check::where)
                .findFirst()
                .orElse("");
        assertTrue(where.contains(entry.getKey()), where);
        named++;
      }
    }
    System.out.printf("flipped bytes of entries: %d, each named with its entry%n", named);
    assertTrue(named > 200);
  }

  private static int indexOf(byte[] bytes, byte[] part) {
    for (int at = 0; at + part.length <= bytes.length; at += 4_096) {
      if (Arrays.equals(bytes, at, at + part.length, part, 0, part.length)) {
        return at;
      }
    }
    throw new AssertionError("not found");
  }
}
