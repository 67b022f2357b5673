package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.receipt.LogVerification;
import ai.kolm.receipt.Receipt;
import ai.kolm.receipt.ReceiptException;
import ai.kolm.receipt.ReceiptNonce;
import ai.kolm.receipt.ReceiptVerifier;
import ai.kolm.trust.ArtifactGate;
import ai.kolm.trust.TrustedArtifact;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Receipts: those of the audit log, and the verification of one or of all. */
@Command(name = "receipt", description = "Receipts: list, show, verify, export.")
final class ReceiptCommand implements Callable<Integer> {
  private static final int MAX_RECEIPT = 8 << 10;
  private static final int MAX_BODY = 256 << 20;

  private final CommandContext context;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the specification
  ReceiptCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() {
    throw new ParameterException(spec.commandLine(), "expected one of list, show, verify, export");
  }

  @Command(name = "list", description = "One line for each receipt of the audit logs.")
  int list() throws IOException {
    List<String[]> rows = new ArrayList<>();
    for (Path log : logs()) {
      read(
          log,
          receipt ->
              rows.add(
                  new String[] {
                    receipt.id(),
                    String.valueOf(receipt.number("seq").orElse(0)),
                    time(receipt),
                    receipt.text("kind").orElse(""),
                    String.valueOf(receipt.number("status").orElse(0)),
                    receipt.text("model").orElse("")
                  }));
    }
    Table.print(
        context.console(), List.of("receipt", "seq", "time", "kind", "status", "model"), rows);
    return ExitCode.OK.number();
  }

  private static String time(Receipt receipt) {
    return Instant.ofEpochSecond(receipt.number("iat").orElse(0)).toString();
  }

  @Command(name = "show", description = "What a receipt of the audit logs says, as JSON.")
  int show(@Parameters(paramLabel = "ID", description = "Its name.") String id) throws IOException {
    context.console().line(JsonLines.text(find(id).payload()));
    return ExitCode.OK.number();
  }

  @Command(
      name = "export",
      description = "The signed text of a receipt of the audit logs, or of all, one per line.")
  int export(
      @Parameters(arity = "0..1", paramLabel = "ID", description = "Its name.") @Nullable String id)
      throws IOException {
    Console console = context.console();
    if (id != null) {
      console.line(find(id).jws());
    } else {
      for (Path log : logs()) {
        read(log, receipt -> console.line(receipt.jws()));
      }
    }
    return ExitCode.OK.number();
  }

  private Receipt find(String id) throws IOException {
    List<Receipt> found = new ArrayList<>();
    for (Path log : logs()) {
      read(
          log,
          receipt -> {
            if (receipt.id().equals(id)) {
              found.add(receipt);
            }
          });
    }
    if (found.isEmpty()) {
      throw new CommandException(ExitCode.NOT_FOUND, "no receipt is called " + id);
    }
    return found.getFirst();
  }

  /** The audit logs of all servers there were, by port. */
  private List<Path> logs() throws IOException {
    Path all = context.home().root().resolve("receipts");
    return Files.isDirectory(all) ? folders(all) : List.of();
  }

  private static List<Path> folders(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(Files::isDirectory).sorted().toList();
    }
  }

  private static void read(Path log, LogVerification.Reader reader) throws IOException {
    try {
      LogVerification.read(log, reader);
    } catch (ReceiptException e) {
      throw refusal(e);
    }
  }

  private static CommandException refusal(ReceiptException e) {
    return new CommandException(ExitCode.GATE_FAILED, String.valueOf(e.getMessage()), e);
  }

  @Command(
      name = "verify",
      description = {
        "Verify a receipt, or a whole audit log, against the keys you trust; offline.",
        "Ends with 0 if all is right, with 2 if not."
      })
  int verify(
      @Parameters(arity = "0..1", paramLabel = "FILE", description = "A receipt; - is the input.")
          @Nullable String file,
      @Option(names = "--request", paramLabel = "FILE", description = "The body that was sent.")
          @Nullable String request,
      @Option(names = "--response", paramLabel = "FILE", description = "The body that came.")
          @Nullable String response,
      @Option(names = "--nonce", paramLabel = "TEXT", description = "The nonce that was sent.")
          @Nullable String nonce,
      @Option(names = "--artifact", paramLabel = "X", description = "The artifact that answered.")
          @Nullable String artifact,
      @Option(names = "--log", paramLabel = "DIR", description = "A whole audit log.")
          @Nullable String log,
      @Option(
              names = "--contains",
              paramLabel = "FILE",
              description = "A receipt that you kept and that the log must have.")
          @Nullable String contains)
      throws IOException, ArtifactException {
    ReceiptVerifier verifier = new ReceiptVerifier(new UserTrust(context).store());
    try {
      if (log != null) {
        return verifyLog(verifier, log, contains);
      }
      if (file == null) {
        throw new ParameterException(spec.commandLine(), "expected FILE or --log DIR");
      }
      Receipt receipt = verifier.verify(text(file));
      Optional<ReceiptNonce> sent = Optional.ofNullable(nonce).map(ReceiptNonce::parse);
      List<String> checked = new ArrayList<>();
      if (request != null) {
        ReceiptVerifier.checkRequest(receipt, bytes(request, MAX_BODY), sent);
        checked.add("request");
      }
      if (response != null) {
        ReceiptVerifier.checkResponse(receipt, bytes(response, MAX_BODY), sent);
        checked.add("response");
      }
      if (artifact != null) {
        ReceiptVerifier.checkArtifact(receipt, cid(artifact));
        checked.add("artifact");
      }
      String with = checked.isEmpty() ? "" : "  fits " + String.join(", ", checked);
      context
          .console()
          .line(
              "OK  %s  %s  signed by %s%s"
                  .formatted(receipt.id(), time(receipt), receipt.keyId(), with));
      return ExitCode.OK.number();
    } catch (ReceiptException e) {
      throw refusal(e);
    }
  }

  private int verifyLog(ReceiptVerifier verifier, String log, @Nullable String contains)
      throws IOException, ReceiptException {
    Path directory = context.home().expand(log);
    if (!Files.isDirectory(directory)) {
      throw new CommandException(ExitCode.NOT_FOUND, log + ": no such directory");
    }
    if (!LogVerification.isLog(directory)) {
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "%s: no audit log is there, expected files like 1.log%s"
              .formatted(log, logsBelow(directory)));
    }
    Optional<Receipt> kept =
        contains == null ? Optional.empty() : Optional.of(verifier.verify(text(contains)));
    LogVerification found = LogVerification.of(directory, verifier, kept);
    context
        .console()
        .line(
            "OK  %,d receipts, %d keys, %d chains, no gap"
                .formatted(found.receipts(), found.keys().size(), found.chains()));
    if (found.tornBytes() > 0) {
      context
          .console()
          .tell("the last line is not complete yet: %d bytes".formatted(found.tornBytes()));
    }
    return ExitCode.OK.number();
  }

  /** Where the logs are, for whoever names the directory around them. */
  private static String logsBelow(Path directory) throws IOException {
    List<String> logs = new ArrayList<>();
    for (Path folder : folders(directory)) {
      if (LogVerification.isLog(folder)) {
        logs.add(String.valueOf(folder.getFileName()));
      }
    }
    return logs.isEmpty() ? "" : "; there are logs in its folders " + String.join(", ", logs);
  }

  private String text(String file) throws IOException {
    byte[] bytes =
        file.equals("-")
            ? context.console().in().readNBytes(MAX_RECEIPT)
            : bytes(file, MAX_RECEIPT);
    return new String(bytes, US_ASCII).strip();
  }

  private byte[] bytes(String file, int most) throws IOException {
    try (InputStream in = Files.newInputStream(context.home().expand(file))) {
      return in.readNBytes(most);
    }
  }

  private String cid(String artifact) throws IOException, ArtifactException {
    Path path = new ModelOpener(context).path(artifact);
    try (TrustedArtifact opened = ArtifactGate.OPEN.open(path)) {
      return opened.artifact().cid().text();
    }
  }
}
