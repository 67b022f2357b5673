package ai.kolm.cli;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.EntryRole;
import ai.kolm.artifact.Manifest;
import ai.kolm.artifact.ManifestEntry;
import ai.kolm.artifact.Progress;
import ai.kolm.cli.pull.RegisteredModel;
import ai.kolm.trust.ArtifactSigner;
import ai.kolm.trust.TrustException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Signs an artifact that {@code pull} made before there were signatures. Its weights are compared
 * with the SHA-256 that is part of kolm, and it must hold nothing else that could change an answer:
 * what is signed is then what a pull of today would sign.
 */
final class FirstSigning {
  private static final Set<EntryRole> HARMLESS =
      EnumSet.of(
          EntryRole.WEIGHTS,
          EntryRole.CHUNKS,
          EntryRole.LICENSE,
          EntryRole.README,
          EntryRole.BUILD);
  private static final int BUFFER = 1 << 20;

  private final CommandContext context;

  private final List<RegisteredModel> registered;

  /**
   * @param registered the models whose digests are known
   */
  FirstSigning(CommandContext context, List<RegisteredModel> registered) {
    this.context = context;
    this.registered = List.copyOf(registered);
  }

  /**
   * Signs {@code file} if it is an artifact of a registered model.
   *
   * @return {@code false} if it is not
   */
  boolean sign(Path file) throws IOException {
    try (ArtifactStore.Lock _ = new ArtifactStore(context.home()).lock();
        Artifact artifact = Artifact.open(file, ArtifactLimits.DEFAULT)) {
      Optional<RegisteredModel> model = model(artifact.manifest());
      if (model.isEmpty() || !artifact.attestations().isEmpty()) {
        return false;
      }
      artifact.verify(Runtime.getRuntime().availableProcessors(), Progress.NONE);
      if (!sha256(artifact).equals(model.get().sha256())) {
        return false;
      }
      ArtifactSigner.sign(artifact, file, new UserTrust(context).signingKey(), Progress.NONE);
      context
          .console()
          .tell(
              "%s: compared with its pinned SHA-256 and signed with your key"
                  .formatted(file.getFileName()));
      return true;
    } catch (ArtifactException | TrustException e) {
      return false;
    }
  }

  /** The registered model that an artifact would be, by its manifest. */
  private Optional<RegisteredModel> model(Manifest manifest) {
    boolean plain =
        manifest.chatTemplate().isEmpty()
            && manifest.defaults().system().isEmpty()
            && manifest.stop().strings().isEmpty()
            && manifest.entries().stream().map(ManifestEntry::role).allMatch(HARMLESS::contains);
    List<String> weights = weights(manifest);
    return plain && weights.size() == 1
        ? registered.stream().filter(known -> known.name().equals(manifest.name())).findFirst()
        : Optional.empty();
  }

  private static List<String> weights(Manifest manifest) {
    return manifest.entries().stream()
        .filter(entry -> entry.role() == EntryRole.WEIGHTS)
        .map(ManifestEntry::name)
        .toList();
  }

  private static String sha256(Artifact artifact) {
    MemorySegment bytes = artifact.entry(weights(artifact.manifest()).getFirst());
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER];
      for (long at = 0; at < bytes.byteSize(); at += buffer.length) {
        int length = (int) Math.min(buffer.length, bytes.byteSize() - at);
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, buffer, 0, length);
        digest.update(buffer, 0, length);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
