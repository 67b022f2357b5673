package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.settings.Setting;
import ai.kolm.cli.settings.Settings;
import ai.kolm.embedding.Embeddings;
import ai.kolm.engine.Engine;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.receipt.LogInUseException;
import ai.kolm.receipt.LogRetention;
import ai.kolm.receipt.ReceiptException;
import ai.kolm.receipt.ReceiptHash;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptLog;
import ai.kolm.source.ModelFiles;
import ai.kolm.trust.TrustedKey;
import ai.kolm.trust.TrustedKey.Use;
import ai.kolm.trust.VerificationReport.Verdict;
import ai.kolm.trust.VerifyingKey;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.System.Logger.Level;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** What {@code kolm serve} needs to give receipts: key, audit log, and what answers. */
final class ServerReceipts {
  private static final FutureTask<String> BUILD = new FutureTask<>(ServerReceipts::jarDigest);

  private static final System.Logger LOG = System.getLogger("ai.kolm");
  private static final int BUILD_DIGITS = 12;
  private static final int BUFFER = 1 << 16;

  private final CommandContext context;

  ServerReceipts(CommandContext context) {
    this.context = context;
  }

  /** Where the audit log of a server on {@code port} is. */
  static Path logDirectory(CommandContext context, int port) {
    return context.home().root().resolve("receipts").resolve(Integer.toString(port));
  }

  /**
   * The issuer of a server on {@code port}.
   *
   * @param required whether nothing may be answered without a receipt on the disk
   * @throws CommandException if there is no key to be had, or the log cannot be used
   */
  ReceiptIssuer open(int port, ReceiptLog.Sync sync, boolean required) throws IOException {
    UserTrust trust = new UserTrust(context);
    Path directory = logDirectory(context, port);
    try {
      ReceiptLog log = ReceiptLog.open(directory, sync);
      if (log.cutBytes() > 0) {
        context
            .console()
            .tell(
                "%s: cut off a receipt that was not written completely, %d bytes"
                    .formatted(directory, log.cutBytes()));
      }
      InstantSource clock = InstantSource.system();
      return required
          ? ReceiptIssuer.requiring(trust.receiptKey(), others(trust), log, clock)
          : new ReceiptIssuer(trust.receiptKey(), others(trust), Optional.of(log), clock);
    } catch (LogInUseException e) {
      throw new CommandException(ExitCode.PREREQUISITE, String.valueOf(e.getMessage()), e);
    } catch (ReceiptException e) {
      throw new CommandException(ExitCode.EXECUTION, String.valueOf(e.getMessage()), e);
    }
  }

  /** Removes what the settings no longer keep, now and every hour, in a thread of its own. */
  void keepTrimmed(ReceiptIssuer issuer) throws IOException {
    Settings settings = context.settings();
    OptionalInt mebibytes = settings.get(Setting.RECEIPT_MEBIBYTES);
    LogRetention retention =
        new LogRetention(
            Duration.ofDays(settings.get(Setting.RECEIPT_DAYS)),
            mebibytes.isPresent() ? (long) mebibytes.getAsInt() << 20 : Long.MAX_VALUE);
    Thread.ofVirtual()
        .name("kolm-receipt-retention")
        .start(
            () -> {
              try {
                while (true) {
                  trim(issuer, retention);
                  Thread.sleep(Duration.ofHours(1));
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  private static void trim(ReceiptIssuer issuer, LogRetention retention) {
    try {
      int removed = issuer.trim(retention);
      if (removed > 0) {
        LOG.log(Level.INFO, "audit log: removed {0} segments that need not be kept", removed);
      }
    } catch (IOException | ReceiptException e) {
      LOG.log(Level.ERROR, "audit log: nothing removed: {0}", e.getMessage());
    }
  }

  /** Keys that this machine may have signed receipts with before. */
  private static List<VerifyingKey> others(UserTrust trust) throws IOException {
    return trust.store().keys().stream()
        .filter(key -> key.isFor(Use.RECEIPT))
        .filter(key -> Files.exists(trust.retired().resolve(key.key().id() + ".pem")))
        .map(TrustedKey::key)
        .toList();
  }

  /** What receipts say about a model that chats. */
  static AnswerSource source(ModelFiles files, Engine engine, String fingerprint)
      throws IOException {
    return source(files, engine.kernelName(), engine.determinism(), fingerprint);
  }

  /** What receipts say about a model that makes vectors. */
  static AnswerSource source(ModelFiles files, Embeddings embeddings, String fingerprint)
      throws IOException {
    return source(files, embeddings.kernelName(), embeddings.determinism(), fingerprint);
  }

  private static AnswerSource source(
      ModelFiles files, String kernels, String determinism, String fingerprint) throws IOException {
    return new AnswerSource(
        files.artifact().map(artifact -> artifact.cid().text()),
        files.id(),
        files.verdict().map(Verdict::id).orElse("local-file"),
        files.text().chatTemplate().map(text -> ReceiptHash.plain(text.getBytes(UTF_8))),
        "kolm/%s+%s".formatted(version(), build()),
        kernels,
        determinism,
        fingerprint);
  }

  /** The version of kolm; 0 if it was not built as a jar. */
  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "0" : version;
  }

  /**
   * Finds out the build while there is nothing better to do; a fault shows when it is asked for.
   */
  static void hashBuild() {
    BUILD.run();
  }

  private static String build() throws IOException {
    BUILD.run(); // does nothing the second time
    try {
      return BUILD.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while the build was hashed");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException unreadable) {
        throw unreadable;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** The start of the SHA-256 of the jar that runs; zeros if it is not one jar. */
  private static String jarDigest() throws IOException {
    CodeSource code = Main.class.getProtectionDomain().getCodeSource();
    try {
      Path jar = code == null ? Path.of("") : Path.of(code.getLocation().toURI());
      if (!Files.isRegularFile(jar)) {
        return "0".repeat(BUILD_DIGITS);
      }
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER];
      try (InputStream in = Files.newInputStream(jar)) {
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
          digest.update(buffer, 0, n);
        }
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, BUILD_DIGITS);
    } catch (URISyntaxException | NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
