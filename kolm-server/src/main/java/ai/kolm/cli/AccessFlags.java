package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.server.ServerAccess;
import ai.kolm.server.ServerOptions;
import ai.kolm.server.TlsIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Flags of {@code serve} that say who may call, and how requests are read and told of. */
final class AccessFlags {
  @Mixin private final KeyFlags keys = new KeyFlags();

  @Option(
      names = "--tls-cert",
      paramLabel = "FILE",
      description = "Serve over TLS with this certificate (PEM, with those it is signed by).")
  private @Nullable Path tlsCertificate;

  @Option(
      names = "--tls-key",
      paramLabel = "FILE",
      description = "The private key of --tls-cert (PEM, PKCS#8, not encrypted).")
  private @Nullable Path tlsKey;

  @Option(
      names = "--cors-origin",
      paramLabel = "ORIGIN",
      description = "Web pages of this origin may call, such as https://app.example.")
  private List<String> origins = List.of();

  @Option(
      names = "--strict",
      description = "Refuse requests with fields that kolm does not know, instead of naming them.")
  private boolean strict;

  @Option(
      names = "--embedding-tokens",
      paramLabel = "HOW",
      description = "Token ids sent to /v1/embeddings: reject (the default) or native.")
  private String embeddingTokens = "reject";

  @Option(
      names = "--log",
      paramLabel = "FORM",
      description = "Lines about requests: text (the default) or json.")
  private String log = "text";

  /** Who may call. */
  ServerAccess access() throws IOException {
    try {
      ServerAccess access = ServerAccess.OPEN.withOrigins(origins).withKeys(keys.keys());
      if (tlsCertificate == null && tlsKey == null) {
        return access;
      }
      if (tlsCertificate == null || tlsKey == null) {
        throw new IllegalArgumentException("--tls-cert and --tls-key belong together");
      }
      return access.withTls(TlsIdentity.read(tlsCertificate, tlsKey));
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.REFUSED, String.valueOf(e.getMessage()), e);
    }
  }

  /** How requests are read and told of. */
  ServerOptions options() {
    return new ServerOptions(
        strict,
        isSecond("--embedding-tokens", embeddingTokens, "reject", "native"),
        isSecond("--log", log, "text", "json"));
  }

  private static boolean isSecond(String flag, String word, String first, String second) {
    if (!word.equals(first) && !word.equals(second)) {
      throw new CommandException(
          ExitCode.REFUSED,
          "%s: expected %s or %s, got \"%s\"".formatted(flag, first, second, word));
    }
    return word.equals(second);
  }
}
