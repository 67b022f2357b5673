package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.Artifact;
import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Progress;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.ArtifactSigner;
import ai.kolm.trust.SigningKey;
import ai.kolm.trust.SigningKeyFile;
import ai.kolm.trust.TrustException;
import ai.kolm.trust.VerifyingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Adds a signature to an artifact, by a key that is here or by one elsewhere. */
@Command(
    name = "sign",
    description = {
      "Add a signature to an artifact; its CID stays.",
      "Every byte is verified first. The key is ~/.kolm/signing-key.pem, made if there is none, or",
      "that of --key, KOLM_SIGNING_KEY_FILE or KOLM_SIGNING_KEY (PEM). For a key elsewhere:",
      "--print-pae writes the bytes to sign, --signature and --public-key add what it made of them."
    })
final class SignCommand implements Callable<Integer> {
  private final CommandContext context;

  @Parameters(paramLabel = "X", description = "An artifact.")
  private String model = "";

  @Option(names = "--key", paramLabel = "FILE", description = "A private key, PKCS#8 PEM.")
  private @Nullable String key;

  @Option(names = "--print-pae", description = "Write the bytes that have to be signed.")
  private boolean printPae;

  @Option(
      names = "--signature",
      paramLabel = "FILE",
      description = "A signature of these bytes: 64 bytes, or their Base64.")
  private @Nullable String signature;

  @Option(
      names = "--public-key",
      paramLabel = "FILE",
      description = "The public key that made it, PEM.")
  private @Nullable String publicKey;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the specification
  SignCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ArtifactException {
    if ((signature == null) != (publicKey == null)) {
      throw new ParameterException(spec.commandLine(), "--signature and --public-key go together");
    }
    Path file = new ModelOpener(context).path(model);
    // A signature that is there and wrong is refused; who made the others does not matter here.
    try (Artifact artifact = ArtifactGate.OPEN.open(file).artifact()) {
      if (printPae) {
        byte[] bytes = ArtifactSigner.signedBytes(artifact.manifestBytes());
        context.console().out().write(bytes, 0, bytes.length);
        context.console().out().flush();
        return ExitCode.OK.number();
      }
      verify(artifact);
      String signer = sign(artifact, file);
      context.console().line("%s  signed by %s".formatted(file.getFileName(), signer));
      context.console().line(artifact.cid().text());
    } catch (TrustException e) {
      throw UserTrust.refusal(e);
    }
    return ExitCode.OK.number();
  }

  private void verify(Artifact artifact) throws IOException, ArtifactException {
    long bytes = artifact.entries().stream().mapToLong(entry -> entry.size()).sum();
    try (Progress progress = Progress.of(context.console(), "verifying", Math.max(1, bytes))) {
      artifact.verify(Runtime.getRuntime().availableProcessors(), (done, _) -> progress.at(done));
    }
  }

  private String sign(Artifact artifact, Path file) throws IOException, TrustException {
    try (Progress progress =
        Progress.of(context.console(), "writing", Math.max(1, Files.size(file)))) {
      if (signature != null && publicKey != null) {
        Path keyFile = context.home().expand(publicKey);
        VerifyingKey signer =
            VerifyingKey.ofPem(new String(read(keyFile), UTF_8), keyFile.toString());
        byte[] bytes = signature(read(context.home().expand(signature)));
        ArtifactSigner.add(artifact, file, signer, bytes, (done, _) -> progress.at(done));
        return signer.id();
      }
      SigningKey signer =
          key == null
              ? new UserTrust(context).signingKey()
              : new SigningKeyFile(context.home().expand(key)).read();
      ArtifactSigner.sign(artifact, file, signer, (done, _) -> progress.at(done));
      return signer.publicKey().id();
    }
  }

  private static byte[] read(Path file) throws IOException {
    try (java.io.InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(ArtifactLimits.DEFAULT.directoryBytes());
    }
  }

  private static byte[] signature(byte[] bytes) {
    if (bytes.length == VerifyingKey.SIGNATURE_BYTES) {
      return bytes;
    }
    try {
      return Base64.getDecoder().decode(new String(bytes, UTF_8).strip());
    } catch (IllegalArgumentException e) {
      throw new CommandException(
          ExitCode.REFUSED, "--signature: expected 64 bytes, or their Base64", e);
    }
  }
}
