package ai.kolm.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pull.RegisteredModel;
import ai.kolm.cli.settings.Setting;
import ai.kolm.cli.settings.Settings;
import ai.kolm.engine.EngineException;
import ai.kolm.receipt.AnswerSource;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptLog;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ServedModel;
import ai.kolm.server.ServedModels;
import ai.kolm.server.ServerConfig;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Serves a model over HTTP until the process is told to end. */
@Command(
    name = "serve",
    description = {
      "Serve a model over HTTP, in the schema of OpenAI.",
      "On this machine only, unless --host says else. Without X: the model of the settings, else",
      "the default one, which is pulled if there is none."
    })
final class ServeCommand implements Callable<Integer> {
  private static final Logger LOG = System.getLogger("ai.kolm");

  /** Who starts a server for a request sends it at once. */
  private static final Duration WARM_UP_DELAY = Duration.ofMillis(500);

  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Mixin private final TrustFlags trust = new TrustFlags();

  @Parameters(
      arity = "0..1",
      paramLabel = "X",
      description = "A path, or the name of an artifact in ~/.kolm/artifacts.")
  private @Nullable String model;

  @Option(
      names = "--http",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Serve over HTTP (the default, and the only way there is).")
  private boolean http;

  @Option(names = "--host", paramLabel = "ADDRESS", description = "Listen here; default 127.0.0.1.")
  private @Nullable String host;

  @Option(names = "--port", paramLabel = "N", description = "Listen here; default 8765, 0: any.")
  private @Nullable String port;

  @Option(
      names = "--allow-host",
      paramLabel = "NAME",
      description = "A further host name that clients may use.")
  private List<String> allowedHosts = List.of();

  @Option(
      names = "--receipt-sync",
      paramLabel = "WHEN",
      description =
          "Force the audit log to the disk: batch (100 ms later, the default), always, off.")
  private String receiptSync = "batch";

  @Option(
      names = "--rehearse",
      hidden = true,
      description = "End after some answers; the launcher prepares later starts with it.")
  private boolean rehearse;

  ServeCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException, ArtifactException {
    if (!http) {
      throw new CommandException(ExitCode.REFUSED, "--no-http leaves nothing to serve with");
    }
    Logging.verbose();
    Settings settings = context.settings();
    ServerConfig config =
        ServerConfig.DEFAULT
            .withAddress(
                settings.get(Setting.HOST, host, "--host"),
                settings.get(Setting.PORT, port, "--port"))
            .withAllowedHosts(allowedHosts);
    RunOptions options = engine.options(context);
    CompletableFuture<ServedModels> models = new CompletableFuture<>();
    CompletableFuture<ReceiptIssuer> receipts = new CompletableFuture<>();
    ReceiptLog.Sync sync = sync();
    CountDownLatch closed = new CountDownLatch(1);
    // The port first: that it is in use shows before a model is fetched and loaded.
    try (KolmServer server = new KolmServer(config, models, receipts)) {
      start(server, config);
      // Keys and the audit log are opened while the model is.
      Thread.ofPlatform().name("kolm-receipts").start(() -> open(receipts, server.port(), sync));
      Thread atExit = new Thread(() -> close(server, receipts, closed), "kolm-close");
      Runtime.getRuntime().addShutdownHook(atExit);
      ModelFiles files = trust.open(context, path());
      try (ChatCompletions chat = ModelOpener.chat(files, options)) {
        ServedModel model = served(files, chat);
        issuer(receipts);
        models.complete(ServedModels.of(model));
        greet(config, server.port(), files.id());
        Thread.ofVirtual().start(() -> warmUp(chat));
        if (rehearse) {
          new Rehearsal(server.port(), () -> reload(options)).run(files.id());
          return ExitCode.OK.number();
        }
        await(closed);
      }
    } finally {
      close(receipts);
    }
    return ExitCode.OK.number();
  }

  private void reload(RunOptions options)
      throws IOException, ModelFormatException, ArtifactException {
    ModelOpener.chat(trust.open(context, path()), options).close();
  }

  private ReceiptLog.Sync sync() {
    return Stream.of(ReceiptLog.Sync.values())
        .filter(known -> known.name().toLowerCase(Locale.ROOT).equals(receiptSync))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.REFUSED,
                    "--receipt-sync: expected batch, always or off, got \"%s\""
                        .formatted(receiptSync)));
  }

  private void open(
      CompletableFuture<ReceiptIssuer> receipts, int boundPort, ReceiptLog.Sync sync) {
    try {
      receipts.complete(new ServerReceipts(context).open(boundPort, sync));
    } catch (IOException | RuntimeException | Error e) {
      receipts.completeExceptionally(e);
    }
  }

  /** Without receipts nothing is served. */
  private static ReceiptIssuer issuer(CompletableFuture<ReceiptIssuer> receipts)
      throws IOException {
    try {
      return receipts.join();
    } catch (CompletionException e) {
      switch (e.getCause()) {
        case CommandException refused -> throw refused;
        case IOException io -> throw io;
        case null, default -> throw e;
      }
    }
  }

  /** A client that does not come at once shall not wait for the compiler. */
  private static void warmUp(ChatCompletions chat) {
    try {
      Thread.sleep(WARM_UP_DELAY);
      chat.engine().warmUp();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (EngineException e) {
      LOG.log(Level.DEBUG, "no warm-up: {0}", e.getClass().getSimpleName());
    }
  }

  private static ServedModel served(ModelFiles files, ChatCompletions chat) throws IOException {
    String content =
        files
            .artifact()
            .map(artifact -> artifact.cid().text())
            .orElseGet(() -> files.id() + " " + files.created());
    String fingerprint = fingerprint(content);
    AnswerSource source = ServerReceipts.source(files, chat, fingerprint);
    return new ServedModel(files.id(), files.created(), chat, fingerprint, Optional.of(source));
  }

  /** What clients compare to see that answers may have changed: model and version of kolm. */
  private static String fingerprint(String content) {
    String version = String.valueOf(Main.class.getPackage().getImplementationVersion());
    byte[] text = (content + "\n" + version).getBytes(UTF_8);
    return "fp_" + UUID.nameUUIDFromBytes(text).toString().replace("-", "").substring(0, 10);
  }

  private Path path() throws IOException, ModelFormatException, ArtifactException {
    ModelOpener opener = new ModelOpener(context);
    if (model != null) {
      return opener.path(model);
    }
    String standard = RegisteredModel.DEFAULT.name();
    Optional<Path> path = opener.unnamed(standard);
    if (path.isPresent()) {
      return path.get();
    }
    context
        .console()
        .tell(
            "no model is here yet: pulling %s (%s)"
                .formatted(standard, RegisteredModel.DEFAULT.description()));
    ModelImport models = new ModelImport(context, new PackFlags());
    return models.intoStore(standard).file();
  }

  private static void start(KolmServer server, ServerConfig config) throws IOException {
    try {
      server.start();
    } catch (BindException e) {
      throw new CommandException(
          ExitCode.PREREQUISITE,
          "cannot listen on %s:%d: the port is in use, or the address is not one of this machine;"
                  .formatted(config.host(), config.port())
              + " choose another with --port or --host",
          e);
    }
  }

  /** The process has been told to end: running answers are given their time. */
  private static void close(
      KolmServer server, CompletableFuture<ReceiptIssuer> receipts, CountDownLatch closed) {
    server.close();
    close(receipts);
    closed.countDown();
  }

  /** Forces the audit log to the disk; nobody may answer any more. */
  private static void close(CompletableFuture<ReceiptIssuer> receipts) {
    if (receipts.isDone() && !receipts.isCompletedExceptionally()) {
      receipts.join().close();
    }
  }

  private static void await(CountDownLatch closed) {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void greet(ServerConfig config, int boundPort, String id) {
    Console console = context.console();
    String address = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
    console.line("serving " + console.bold(id) + "; in the shell of a client:");
    console.line("export OPENAI_BASE_URL=http://%s:%d/v1".formatted(address, boundPort));
    console.line("export OPENAI_API_KEY=kolm");
  }
}
