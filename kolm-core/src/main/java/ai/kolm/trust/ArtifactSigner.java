package ai.kolm.trust;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactContent;
import ai.kolm.artifact.ArtifactWriter;
import ai.kolm.artifact.Progress;
import ai.kolm.json.JsonException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Signs artifacts. What is signed is the manifest, and with it every byte of the content; the CID
 * stays what it was.
 */
public final class ArtifactSigner {
  private ArtifactSigner() {}

  /** What a key elsewhere has to sign. */
  public static byte[] signedBytes(byte[] manifest) {
    return Envelope.signedBytes(Envelope.MANIFEST, manifest);
  }

  /** The attestations of an artifact that is about to be written, signed by {@code key}. */
  public static Map<String, byte[]> attestations(ArtifactContent content, SigningKey key) {
    byte[] manifest = content.manifestBytes();
    return Map.of(ArtifactGate.ENVELOPE, Envelope.sign(Envelope.MANIFEST, manifest, key).toBytes());
  }

  /** Adds a signature by {@code key}, as {@link #add}. */
  public static void sign(Artifact artifact, Path target, SigningKey key, Progress progress)
      throws IOException, TrustException {
    byte[] signature = key.sign(signedBytes(artifact.manifestBytes()));
    add(artifact, target, key.publicKey(), signature, progress);
  }

  /**
   * Writes an artifact again with one more signature; those it has stay.
   *
   * @param artifact open, and verified by the caller: a signature says that its content is right
   * @param target where to; may be the artifact's own file
   * @param key whose signature it is
   * @param signature of {@link #signedBytes}
   * @param progress is told the bytes written
   * @throws TrustException if it is no such signature, or the signatures that are there cannot be
   *     read
   * @throws IOException if the file cannot be written
   */
  public static void add(
      Artifact artifact, Path target, VerifyingKey key, byte[] signature, Progress progress)
      throws IOException, TrustException {
    byte[] manifest = artifact.manifestBytes();
    if (!key.verify(signedBytes(manifest), signature)) {
      throw new TrustException(
          TrustException.Code.KEY_INVALID,
          "not a signature of %s by key %s".formatted(artifact.file(), key.id()));
    }
    Map<String, byte[]> attestations = new TreeMap<>();
    for (Map.Entry<String, MemorySegment> one : artifact.attestations().entrySet()) {
      attestations.put(one.getKey(), one.getValue().toArray(ValueLayout.JAVA_BYTE));
    }
    byte[] existing = attestations.get(ArtifactGate.ENVELOPE);
    try {
      Envelope envelope =
          existing == null
              ? Envelope.of(Envelope.MANIFEST, manifest, key, signature)
              : Envelope.parse(existing).with(key, signature);
      attestations.put(ArtifactGate.ENVELOPE, envelope.toBytes());
    } catch (JsonException | IllegalArgumentException e) {
      throw new TrustException(
          TrustException.Code.STORE_INVALID,
          "%s: %s: %s".formatted(artifact.file(), ArtifactGate.ENVELOPE, e.getMessage()));
    }
    ArtifactWriter.write(target, ArtifactContent.of(artifact), attestations, progress);
  }
}
