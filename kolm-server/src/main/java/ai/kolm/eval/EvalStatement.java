package ai.kolm.eval;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactContent;
import ai.kolm.artifact.ArtifactWriter;
import ai.kolm.artifact.Progress;
import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.Envelope;
import ai.kolm.trust.SigningKey;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The signed statement that an artifact passed, in the artifact itself: nothing else makes it
 * production ready. The CID stays what it was.
 */
public final class EvalStatement {
  private EvalStatement() {}

  /** Writes the statement into the artifact, in place of one that is there. */
  public static void write(Artifact artifact, Path target, Json.Obj statement, SigningKey key)
      throws IOException {
    Map<String, byte[]> attestations = attestations(artifact);
    byte[] payload = CanonicalJson.write(statement);
    attestations.put(ArtifactGate.EVAL, Envelope.sign(Envelope.EVAL, payload, key).toBytes());
    ArtifactWriter.write(target, ArtifactContent.of(artifact), attestations, Progress.NONE);
  }

  /** Takes the statement about these cases out of the artifact, if there is one. */
  public static boolean remove(Artifact artifact, Path target, String digest) throws IOException {
    Map<String, byte[]> attestations = attestations(artifact);
    byte[] existing = attestations.get(ArtifactGate.EVAL);
    if (existing == null || !digestOf(existing).map(digest::equals).orElse(true)) {
      return false;
    }
    attestations.remove(ArtifactGate.EVAL);
    ArtifactWriter.write(target, ArtifactContent.of(artifact), attestations, Progress.NONE);
    return true;
  }

  private static Optional<String> digestOf(byte[] envelope) {
    try {
      byte[] payload = Envelope.parse(envelope).payload();
      return JsonReader.readObject(payload, JsonLimits.DEFAULT).findString("evals_digest");
    } catch (JsonException e) {
      return Optional.empty();
    }
  }

  private static Map<String, byte[]> attestations(Artifact artifact) {
    Map<String, byte[]> attestations = new TreeMap<>();
    for (Map.Entry<String, MemorySegment> one : artifact.attestations().entrySet()) {
      attestations.put(one.getKey(), one.getValue().toArray(ValueLayout.JAVA_BYTE));
    }
    return attestations;
  }
}
