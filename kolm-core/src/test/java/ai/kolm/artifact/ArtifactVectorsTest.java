package ai.kolm.artifact;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The vectors of the format: {@code tiny.kolm}, digests, CID, and a file per defect. */
class ArtifactVectorsTest {
  /** Refused only by those who look at signatures; the rest of these files is as it should be. */
  private static final Set<String> SIGNATURE_CODES =
      Set.of("unsigned", "signer_unknown", "signature_invalid", "payload_type");

  @TempDir Path folder;

  @Test
  void tinyIsBuiltAgainByteForByte() throws JsonException {
    JsonObject expected = ArtifactVectors.vectors().object("tiny.kolm");
    assertEquals(expected.integer("size"), ArtifactVectors.tiny().length);
    assertEquals(expected.string("sha256"), Sha256.hex(Sha256.of(ArtifactVectors.tiny())));
  }

  @Test
  void tinyIsReadWithItsCid() throws Exception {
    try (Artifact artifact = open("tiny", ArtifactVectors.tiny())) {
      artifact.verify(2, Progress.NONE);
      assertEquals(ArtifactVectors.text("cid"), artifact.cid().text());
      assertEquals("tiny-redactor", artifact.manifest().name());
      assertArrayEquals(ArtifactVectors.manifest(), artifact.manifestBytes());
      ArtifactVectors.content()
          .forEach((name, bytes) -> assertArrayEquals(bytes, bytes(artifact, name)));
      byte[] envelope =
          Objects.requireNonNull(artifact.attestations().get("attest/manifest.dsse.json"))
              .toArray(ValueLayout.JAVA_BYTE);
      assertEquals(ArtifactVectors.text("envelope"), new String(envelope, UTF_8));
      byte[] preimage = Cid.preimage(artifact.manifest(), artifact.manifestBytes());
      assertEquals(ArtifactVectors.text("cid_preimage"), new String(preimage, UTF_8));
    }
  }

  @Test
  void entriesLieOnPages() throws Exception {
    try (Artifact artifact = open("tiny", ArtifactVectors.tiny())) {
      for (ManifestEntry entry : artifact.entries()) {
        assertEquals(0, artifact.entry(entry.name()).address() % ContainerBytes.ALIGNMENT);
        assertTrue(artifact.entry(entry.name()).isReadOnly());
      }
    }
  }

  @Test
  void digestsAtTheBordersOfChunks() throws Exception {
    JsonObject digests = ArtifactVectors.vectors().object("digests");
    assertTrue(digests.names().size() >= 7);
    for (String size : digests.names()) {
      byte[] bytes = new byte[Integer.parseInt(size)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (i % 251);
      }
      List<EntryData> forms =
          List.of(
              EntryData.of(bytes),
              new EntryData.Streamed(
                  bytes.length, channel -> channel.write(ByteBuffer.wrap(bytes))));
      for (EntryData data : forms) {
        ContentEntry entry = new ContentEntry("x", EntryRole.OTHER, data);
        byte[] chunks = ContentHasher.hash(List.of(entry), 2, Progress.NONE).getFirst().chunks();
        assertEquals(digests.string(size), EntryDigest.ofChunks(bytes.length, chunks).text(), size);
      }
    }
  }

  @Test
  void everyDefectIsRefusedWithItsCode() throws Exception {
    Map<String, byte[]> files = ArtifactVectors.negative();
    int refused = 0;
    Set<String> left = new TreeSet<>();
    for (JsonObject expected : ArtifactVectors.vectors().objects("negative")) {
      String name = expected.string("name");
      byte[] file = Objects.requireNonNull(files.get(name), name);
      assertEquals(expected.integer("size"), file.length, name);
      assertEquals(expected.string("sha256"), Sha256.hex(Sha256.of(file)), name);
      Optional<ArtifactException> refusal = refusal(name, file);
      String code = expected.string("code");
      if (SIGNATURE_CODES.contains(code)) {
        assertTrue(refusal.isEmpty(), name);
        left.add(name);
      } else if (name.equals("manifest-differs-from-signed")) {
        // Before a signature is looked at, the CRC-32 of the manifest says that it was changed.
        assertEquals("container_crc", refusal.orElseThrow().code().id());
        left.add(name);
      } else {
        assertEquals(code, refusal.orElseThrow().code().id(), refusal.orElseThrow().getMessage());
        assertTrue(
            String.valueOf(refusal.get().getMessage()).startsWith(name + ".kolm: " + code + ": "));
        refused++;
      }
    }
    System.out.printf(
        "artifact vectors: %d refused with their code, %d for the check of signatures%n",
        refused, left.size());
    assertEquals(35, refused + left.size());
    assertEquals(6, left.size(), left.toString());
  }

  private Optional<ArtifactException> refusal(String name, byte[] file) throws IOException {
    try (Artifact artifact = open(name, file)) {
      artifact.verify(2, Progress.NONE);
      assertEquals(ArtifactVectors.text("cid"), artifact.cid().text());
      return Optional.empty();
    } catch (ArtifactException e) {
      return Optional.of(e);
    }
  }

  private Artifact open(String name, byte[] file) throws IOException, ArtifactException {
    Path path = folder.resolve(name + ".kolm");
    Files.write(path, file);
    return Artifact.open(path, ArtifactLimits.DEFAULT);
  }

  private static byte[] bytes(Artifact artifact, String name) {
    return artifact.entry(name).toArray(ValueLayout.JAVA_BYTE);
  }
}
