package ai.kolm.trust;

import ai.kolm.artifact.Artifact;
import ai.kolm.trust.VerificationReport.Verdict;
import java.util.List;

/**
 * An artifact that a policy accepts: container, signatures, manifest and set of entries are as they
 * should be. Its entries are not hashed yet.
 *
 * @param artifact open; closed with this
 * @param verdict what it is worth
 * @param signers who signed it
 * @param productionReady whether a trusted evaluation says that it passed
 */
public record TrustedArtifact(
    Artifact artifact, Verdict verdict, List<Signer> signers, boolean productionReady)
    implements AutoCloseable {
  /** Copies the list. */
  public TrustedArtifact {
    signers = List.copyOf(signers);
  }

  @Override
  public void close() {
    artifact.close();
  }
}
