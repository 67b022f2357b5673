package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactException.Code;
import ai.kolm.artifact.Cid;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pull.RegisteredModel;
import ai.kolm.cli.settings.Setting;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.TrustPolicy;
import ai.kolm.trust.TrustedArtifact;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
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
      return openAsIs(context, path);
    } catch (ModelFormatException e) {
      throw refusal(e, path);
    }
  }

  /** As {@link #open}, but an artifact is refused as any other model. */
  ModelFiles openAsIs(CommandContext context, Path path) throws IOException, ModelFormatException {
    return openWhileVerifying(context, path).verified();
  }

  /** As {@link #openAsIs}, but entries may still be hashed, for a {@code ModelLoader} to wait. */
  ModelFiles openWhileVerifying(CommandContext context, Path path)
      throws IOException, ModelFormatException {
    List<Path> shelves = List.of(context.home().artifacts());
    try {
      return ModelFiles.openWhileVerifying(path, gate(context), shelves);
    } catch (ModelFormatException e) {
      if (e.getCause() instanceof ArtifactException refused && signedNow(context, path, refused)) {
        return ModelFiles.openWhileVerifying(path, gate(context), shelves);
      }
      throw e;
    }
  }

  /** Chat with a model that is verified while it is loaded; refused as {@link #open} does it. */
  ChatCompletions chat(CommandContext context, Path path, RunOptions options)
      throws IOException, ModelFormatException {
    try {
      return ModelOpener.chat(openWhileVerifying(context, path), options);
    } catch (ModelFormatException e) {
      throw refusal(e, path);
    }
  }

  /** An artifact that these flags accept, as {@link #openAsIs}; its entries are not hashed. */
  TrustedArtifact look(CommandContext context, Path path) throws IOException, ModelFormatException {
    String name = String.valueOf(path.getFileName());
    try {
      return gate(context).open(path);
    } catch (ArtifactException e) {
      if (!signedNow(context, path, e)) {
        throw new ModelFormatException(name, e);
      }
    }
    try {
      return gate(context).open(path);
    } catch (ArtifactException e) {
      throw new ModelFormatException(name, e);
    }
  }

  private static boolean signedNow(CommandContext context, Path path, ArtifactException refusal)
      throws IOException {
    return refusal.code() == Code.UNSIGNED
        && new FirstSigning(context, RegisteredModel.ALL).sign(path);
  }

  /** How a command ends whose model is refused; {@code failure} itself if it is no artifact. */
  static ModelFormatException refusal(ModelFormatException failure, Path path) {
    if (!(failure.getCause() instanceof ArtifactException refusal)) {
      return failure;
    }
    ExitCode exitCode =
        refusal.code() == Code.REFERENCE_MISSING ? ExitCode.PREREQUISITE : ExitCode.GATE_FAILED;
    throw new CommandException(
        exitCode, refusal.getMessage() + remedy(refusal.code(), path), failure);
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
