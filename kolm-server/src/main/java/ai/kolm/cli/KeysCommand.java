package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.ArtifactLimits;
import ai.kolm.artifact.Container;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.Envelope;
import ai.kolm.trust.KeyRotation;
import ai.kolm.trust.Revocation;
import ai.kolm.trust.TrustDirectory;
import ai.kolm.trust.TrustException;
import ai.kolm.trust.TrustStore;
import ai.kolm.trust.TrustedKey;
import ai.kolm.trust.TrustedKey.Terms;
import ai.kolm.trust.VerifyingKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The keys of this user: which are trusted, which not any more. */
@Command(name = "keys", description = "Keys: yours, those you trust, those you revoked.")
final class KeysCommand implements Runnable {
  private static final int MAX_KEY_FILE = 4 << 10;
  private static final int MAX_ENVELOPE = 256 << 10;

  private final CommandContext context;
  private final UserTrust trust;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the specification
  KeysCommand(CommandContext context) {
    this.context = context;
    trust = new UserTrust(context);
  }

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "expected one of list, create, trust, revoke, rotate");
  }

  @Command(name = "list", description = "List trusted and revoked keys, and revoked artifacts.")
  int list(
      @Option(names = "--json", description = "One JSON object per key and line.") boolean json)
      throws IOException {
    TrustStore store = trust.store();
    if (json) {
      store.keys().forEach(key -> context.console().line(JsonLines.text(json(key, store))));
      return ExitCode.OK.number();
    }
    List<String[]> rows = new ArrayList<>();
    for (TrustedKey key : store.keys()) {
      Terms terms = key.terms();
      String uses =
          String.join(",", terms.uses().stream().sorted().map(TrustedKey.Use::id).toList());
      rows.add(new String[] {key.key().id(), state(key, store), terms.name().orElse(""), uses});
    }
    for (Revocation revoked : store.revoked()) {
      if (store.find(revoked.subject()).isEmpty()) {
        rows.add(new String[] {revoked.subject(), "revoked", "", ""});
      }
    }
    if (rows.isEmpty()) {
      context.console().tell("no keys yet; kolm pack, pull, sign or keys create makes yours");
    } else {
      Table.print(context.console(), List.of("key", "state", "name", "uses"), rows);
    }
    return ExitCode.OK.number();
  }

  private static String state(TrustedKey key, TrustStore store) {
    if (store.revocation(key.key().id()).isPresent()) {
      return "revoked";
    }
    return key.isValidAt(InstantSource.system().instant()) ? "trusted" : "expired";
  }

  private static Json json(TrustedKey key, TrustStore store) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("keyid", new Json.Str(key.key().id()));
    members.put("state", new Json.Str(state(key, store)));
    key.terms().name().ifPresent(name -> members.put("name", new Json.Str(name)));
    members.put("pem", new Json.Str(key.key().pem()));
    return new Json.Obj(members);
  }

  @Command(name = "create", description = "Make your signing key, unless there is one.")
  int create() throws IOException {
    context.console().line(trust.signingKey().publicKey().id());
    return ExitCode.OK.number();
  }

  @Command(name = "show", description = "Write your public key, PEM.")
  int show() throws IOException {
    if (!trust.keyFile().exists()) {
      throw new CommandException(
          ExitCode.PREREQUISITE, "there is no signing key yet; kolm keys create makes one");
    }
    context.console().print(trust.signingKey().publicKey().pem());
    return ExitCode.OK.number();
  }

  @Command(
      name = "trust",
      description = {
        "Trust a key: of a PEM file, of who signed an artifact, or one that follows a trusted one."
      })
  int trust(
      @Parameters(arity = "0..1", paramLabel = "FILE", description = "A public key, PEM.")
          @Nullable String file,
      @Option(names = "--from", paramLabel = "ARTIFACT", description = "Its signers.")
          @Nullable String artifact,
      @Option(names = "--rotation", paramLabel = "FILE", description = "What keys rotate wrote.")
          @Nullable String rotation,
      @Option(names = "--name", paramLabel = "TEXT", description = "What to call it.")
          @Nullable String name)
      throws IOException, ArtifactException {
    List<VerifyingKey> keys = new ArrayList<>();
    try {
      if (file != null) {
        Path path = context.home().expand(file);
        keys.add(VerifyingKey.ofPem(text(path), path.toString()));
      } else if (artifact != null) {
        keys.addAll(signers(new ModelOpener(context).path(artifact)));
      } else if (rotation != null) {
        keys.add(KeyRotation.read(context.home().expand(rotation), trust.store()).next());
      } else {
        throw new ParameterException(
            spec.commandLine(), "expected FILE, --from ARTIFACT or --rotation FILE");
      }
    } catch (TrustException e) {
      throw UserTrust.refusal(e);
    }
    TrustDirectory directory = trust.directory();
    for (VerifyingKey key : keys) {
      directory.trust(key, name == null ? Terms.ALL : Terms.ALL.withName(name));
      context.console().line("trusted " + key.id());
    }
    return ExitCode.OK.number();
  }

  private static String text(Path file) throws IOException {
    try (java.io.InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_KEY_FILE), UTF_8);
    }
  }

  /** The keys whose signatures of an artifact are right. */
  private static List<VerifyingKey> signers(Path file)
      throws IOException, ArtifactException, TrustException {
    // Opening it verifies that each signature is one by the key beside it.
    ArtifactGate.OPEN.open(file).close();
    List<VerifyingKey> keys = new ArrayList<>();
    try (Container container = Container.open(file, ArtifactLimits.DEFAULT)) {
      if (container.find(ArtifactGate.ENVELOPE).isEmpty()) {
        throw new CommandException(ExitCode.GATE_FAILED, file + " is not signed");
      }
      Envelope envelope = Envelope.parse(container.small(ArtifactGate.ENVELOPE, MAX_ENVELOPE));
      for (Envelope.Signature signature : envelope.signatures()) {
        keys.add(VerifyingKey.ofSpki(signature.publicKey()));
      }
    } catch (JsonException e) {
      throw new CommandException(ExitCode.GATE_FAILED, String.valueOf(e.getMessage()), e);
    }
    return keys;
  }

  @Command(name = "revoke", description = "Trust a key, or an artifact by its CID, no more.")
  int revoke(
      @Parameters(paramLabel = "KEYID|CID", description = "What to revoke.") String subject,
      @Option(names = "--reason", paramLabel = "TEXT", description = "Why.")
          @Nullable String reason)
      throws IOException {
    try {
      Instant now = InstantSource.system().instant();
      trust.directory().revoke(subject, now, reason == null ? "" : reason);
    } catch (TrustException e) {
      throw UserTrust.refusal(e);
    }
    context.console().line("revoked " + subject);
    return ExitCode.OK.number();
  }

  @Command(
      name = "rotate",
      description = {
        "Put a new signing key in the place of yours, which is kept in ~/.kolm/retired.",
        "Writes a statement, signed by both, with which others can come to trust the new one."
      })
  int rotate() throws IOException {
    try {
      Instant now = InstantSource.system().instant();
      Path statement = KeyRotation.rotate(trust.keyFile(), trust.retired(), trust.directory(), now);
      Console console = context.console();
      console.line("new key " + trust.keyFile().read().publicKey().id());
      console.line(statement.toString());
    } catch (TrustException e) {
      throw UserTrust.refusal(e);
    }
    return ExitCode.OK.number();
  }
}
