package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.settings.KolmHome;
import ai.kolm.trust.SigningKey;
import ai.kolm.trust.SigningKeyFile;
import ai.kolm.trust.TrustDirectory;
import ai.kolm.trust.TrustException;
import ai.kolm.trust.TrustStore;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The keys and the trust store of the user, in {@code ~/.kolm}. */
final class UserTrust {
  /** A private key in PEM, instead of a file. */
  static final String KEY_VARIABLE = "KOLM_SIGNING_KEY";

  /** Another place for the file of the private key. */
  static final String KEY_FILE_VARIABLE = "KOLM_SIGNING_KEY_FILE";

  private final CommandContext context;

  UserTrust(CommandContext context) {
    this.context = context;
  }

  /** The trust store. */
  TrustDirectory directory() {
    return new TrustDirectory(context.home().root().resolve("trust"));
  }

  /** What the trust store says. */
  TrustStore store() throws IOException {
    try {
      return directory().load();
    } catch (TrustException e) {
      throw refusal(e);
    }
  }

  /** Private keys that a rotation has replaced. */
  Path retired() {
    return context.home().root().resolve("retired");
  }

  /** Where the private key is, or would be. */
  SigningKeyFile keyFile() {
    String elsewhere = set(KEY_FILE_VARIABLE);
    KolmHome home = context.home();
    return new SigningKeyFile(
        elsewhere == null ? home.root().resolve("signing-key.pem") : home.expand(elsewhere));
  }

  private @Nullable String set(String variable) {
    String value = context.variable(variable);
    return value == null || value.isBlank() ? null : value;
  }

  /** The key that signs artifacts; made at the first call. */
  SigningKey signingKey() throws IOException {
    try {
      String text = set(KEY_VARIABLE);
      return text == null
          ? keyFile().readOrCreate(directory())
          : SigningKey.ofPem(text, "environment " + KEY_VARIABLE);
    } catch (TrustException e) {
      throw refusal(e);
    }
  }

  /** The key that signs receipts: one of their own, if there is one, else that of artifacts. */
  SigningKey receiptKey() throws IOException {
    SigningKeyFile own = new SigningKeyFile(context.home().root().resolve("receipt-key.pem"));
    if (!own.exists()) {
      return signingKey();
    }
    try {
      return own.read();
    } catch (TrustException e) {
      throw refusal(e);
    }
  }

  /** How a command ends that was refused a key. */
  static CommandException refusal(TrustException e) {
    ExitCode exitCode =
        switch (e.code()) {
          case KEY_PERMISSIONS, KEY_MISSING, STORE_INVALID -> ExitCode.PREREQUISITE;
          case KEY_INVALID -> ExitCode.GATE_FAILED;
        };
    return new CommandException(exitCode, String.valueOf(e.getMessage()), e);
  }
}
