package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.artifact.Cid;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pull.RegisteredModel;
import ai.kolm.cli.settings.Setting;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.TrustPolicy;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that say which artifacts a command accepts, and the way into these artifacts. */
final class TrustFlags {
  @Option(
      names = "--trust",
      paramLabel = "POLICY",
      description = "Accept trusted-keys (the default) or require-signature.")
  private @Nullable String policy;

  @Option(names = "--allow-unsigned", description = "Accept an artifact without signature too.")
  private boolean allowUnsigned;

  @Option(names = "--pin", paramLabel = "CID", description = "Accept this artifact only.")
  private @Nullable String pin;

  /** What these flags, and the settings, accept. */
  ArtifactGate gate(CommandContext context) throws IOException {
    TrustPolicy chosen =
        allowUnsigned
            ? TrustPolicy.UNSIGNED_OK
            : context.settings().get(Setting.TRUST, policy, "--trust");
    ArtifactGate gate =
        new ArtifactGate(new UserTrust(context).store(), chosen, InstantSource.system());
    return pin == null ? gate : gate.withPin(new Cid(pin));
  }

  /**
   * Opens a model. An artifact that {@code pull} made before there were signatures is signed now,
   * if it is what kolm knows it must be.
   *
   * @throws CommandException if an artifact is refused, with what can be done about it
   */
  ModelFiles open(CommandContext context, Path path) throws IOException, ModelFormatException {
    try {
      return ModelFiles.open(path, gate(context));
    } catch (ModelFormatException e) {
      if (!(e.getCause() instanceof ArtifactException refusal)) {
        throw e;
      }
      if (refusal.code() == Code.UNSIGNED
          && new FirstSigning(context, RegisteredModel.ALL).sign(path)) {
        return ModelFiles.open(path, gate(context));
      }
      throw new CommandException(
          ExitCode.GATE_FAILED, refusal.getMessage() + remedy(refusal.code(), path), e);
    }
  }

  private static String remedy(Code code, Path path) {
    return switch (code) {
      case UNSIGNED ->
          "; to sign it with your key: kolm sign %s (or accept it as it is: --allow-unsigned)"
              .formatted(path);
      case SIGNER_UNKNOWN -> "; to trust who signed it: kolm keys trust --from %s".formatted(path);
      default -> "";
    };
  }
}
