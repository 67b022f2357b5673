package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pull.RegisteredModel;
import ai.kolm.cli.settings.Setting;
import ai.kolm.cli.settings.Settings;
import ai.kolm.model.ProcessMemory;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptLog;
import ai.kolm.server.ModelLibrary;
import ai.kolm.server.ServedEmbedders;
import ai.kolm.server.ServerConfig;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
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
      "the default one, which is pulled if there is none. Other artifacts in ~/.kolm/artifacts are",
      "loaded when a request asks for them."
    })
final class ServeCommand implements Callable<Integer> {
  /** How long a request waits for a model that is being loaded, at the start or for it. */
  private static final Duration LOADING = Duration.ofSeconds(30);

  /** Code, stacks, buffers, and what the JVM needs beside its heap. */
  private static final long RESERVE = 200L << 20;

  private static final long LEAST_MEMORY = 256L << 20;

  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Mixin private final TrustFlags trust = new TrustFlags();

  @Mixin private final CaptureFlags captureFlags = new CaptureFlags();

  @Option(
      names = "--capture",
      paramLabel = "P",
      description =
          "Relay /v1/capture to openai, anthropic, openrouter or NAME=URL too, and record it.")
  private List<String> captured = List.of();

  @Parameters(
      arity = "0..*",
      paramLabel = "X",
      description = "Paths, or names of artifacts in ~/.kolm/artifacts; loaded at the start.")
  private List<String> models = List.of();

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

  @Mixin private final AccessFlags access = new AccessFlags();

  @Option(
      names = "--embed",
      paramLabel = "X",
      description =
          "Serve the vectors of this model too; default: the artifact X.embed.kolm beside X.kolm.")
  private @Nullable String embedder;

  @Option(
      names = "--embedding-bits",
      paramLabel = "N",
      description = {
        "Bits that vectors are computed with where the processor is faster then: 32 (exact, the",
        "default), 16 or 8 (the default with --fast-prompts)."
      })
  private @Nullable Integer embeddingBits;

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      description = "For all loaded models together; default: what the heap leaves.")
  private @Nullable String memory;

  @Option(
      names = "--receipt-sync",
      paramLabel = "WHEN",
      description =
          "Force the audit log to the disk: batch (100 ms later, the default), always, off.")
  private @Nullable String receiptSync;

  @Option(
      names = "--receipts",
      paramLabel = "HOW",
      description =
          "best-effort (the default), or require: no answer without a receipt that is on the disk.")
  private String receiptMode = "best-effort";

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
    ServerConfig config = config(settings);
    RunOptions options = withPrecision(engine.options(context));
    long modelMemory = memory(settings.get(Setting.MEMORY, memory, "--memory"));
    ReceiptLog.Sync sync = sync();
    Optional<CaptureSetup> capture = capture();
    try (ServerStart start =
        ServerStart.begin(config, capture, (boundPort) -> open(boundPort, sync))) {
      List<Path> named = paths(start);
      ServedShelf shelf = new ServedShelf(context, trust, options, named);
      try (EmbedderOpener embedders = new EmbedderOpener(context, trust, options);
          ModelLibrary library = new ModelLibrary(shelf, modelMemory, LOADING);
          ServerStart.Loading _ = start.loading()) {
        CompletableFuture<ServedEmbedders> vectors =
            ServerStart.beside(
                "kolm-vectors", () -> embedders.open(named, Optional.ofNullable(embedder)));
        List<String> ids = preload(library, named);
        int boundPort = start.ready(library.withEmbedders(ServerStart.result(vectors)));
        greet(config, boundPort, ids.stream().map(id -> title(library, id)).toList());
        capture.ifPresent(setup -> setup.greet(context, Listening.address(config, boundPort)));
        if (rehearse) {
          new Rehearsal(boundPort, () -> reload(named, options)).run(ids);
          return ExitCode.OK.number();
        }
        start.awaitEnd();
      }
    }
    return ExitCode.OK.number();
  }

  private ServerConfig config(Settings settings) throws IOException {
    return ServerConfig.DEFAULT
        .withAddress(
            settings.get(Setting.HOST, host, "--host"), settings.get(Setting.PORT, port, "--port"))
        .withAllowedHosts(allowedHosts)
        .withModelWait(LOADING)
        .withAccess(access.access())
        .withOptions(access.options());
  }

  private Optional<CaptureSetup> capture() throws IOException {
    if (captured.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(CaptureSetup.open(context, captureFlags, captured));
  }

  private static List<String> preload(ModelLibrary library, List<Path> named)
      throws IOException, ModelFormatException {
    List<String> ids = new ArrayList<>();
    for (Path path : named) {
      try {
        ids.add(library.preload(path).id());
      } catch (ModelFormatException e) {
        throw TrustFlags.refusal(e, path);
      }
    }
    return ids;
  }

  private RunOptions withPrecision(RunOptions options) {
    try {
      return embeddingBits == null ? options : options.withEmbeddingBits(embeddingBits);
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.REFUSED, "--embedding-bits: " + e.getMessage());
    }
  }

  /** Loads models once more, and computes a prompt of no meaning with each, in both modes. */
  private void reload(List<Path> paths, RunOptions options)
      throws IOException, ModelFormatException {
    for (Path path : paths) {
      for (RunOptions mode : List.of(options, options.withFastPrompts())) {
        try (ChatCompletions chat = trust.chat(context, path, mode)) {
          chat.engine().warmUp();
        }
      }
    }
  }

  /** What was said, else what the machine has beside the heap. */
  private static long memory(OptionalInt mebibytes) {
    if (mebibytes.isPresent()) {
      return (long) mebibytes.getAsInt() << 20;
    }
    long heap = Runtime.getRuntime().maxMemory();
    long limit = ProcessMemory.limit().orElse(Long.MAX_VALUE / 2);
    return Math.max(LEAST_MEMORY, limit - heap - RESERVE);
  }

  private boolean required() {
    return switch (receiptMode) {
      case "best-effort" -> false;
      case "require" -> true;
      default ->
          throw new CommandException(
              ExitCode.REFUSED,
              "--receipts: expected best-effort or require, got \"%s\"".formatted(receiptMode));
    };
  }

  private ReceiptLog.Sync sync() {
    String wanted = receiptSync == null ? (required() ? "always" : "batch") : receiptSync;
    if (required() && !wanted.equals("always")) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--receipts=require forces every receipt to the disk: --receipt-sync always");
    }
    return Stream.of(ReceiptLog.Sync.values())
        .filter(known -> known.name().toLowerCase(Locale.ROOT).equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.REFUSED,
                    "--receipt-sync: expected batch, always or off, got \"%s\"".formatted(wanted)));
  }

  private ReceiptIssuer open(int boundPort, ReceiptLog.Sync sync) throws IOException {
    ServerReceipts own = new ServerReceipts(context);
    ReceiptIssuer issuer = own.open(boundPort, sync, required());
    own.keepTrimmed(issuer);
    return issuer;
  }

  private List<Path> paths(ServerStart start)
      throws IOException, ModelFormatException, ArtifactException {
    ModelOpener opener = new ModelOpener(context);
    List<Path> paths = new ArrayList<>();
    for (String model : models) {
      paths.add(opener.path(model).toAbsolutePath().normalize());
    }
    if (paths.stream().map(Path::getFileName).distinct().count() < paths.size()) {
      throw new CommandException(
          ExitCode.REFUSED, "two models of one name: requests could not tell them apart");
    }
    return paths.isEmpty() ? List.of(unnamed(opener, start).toAbsolutePath().normalize()) : paths;
  }

  private Path unnamed(ModelOpener opener, ServerStart start)
      throws IOException, ModelFormatException, ArtifactException {
    String standard = RegisteredModel.DEFAULT.name();
    Optional<Path> path = opener.unnamed(standard);
    if (path.isPresent()) {
      return path.get();
    }
    start.port(); // that the port is in use shows before a model is fetched
    context
        .console()
        .tell(
            "no model is here yet: pulling %s (%s)"
                .formatted(standard, RegisteredModel.DEFAULT.description()));
    ModelImport pull = new ModelImport(context, new PackFlags());
    return pull.intoStore(standard).file();
  }

  /** A name, and for an artifact whether it is production ready. */
  private String title(ModelLibrary library, String id) {
    String name = context.console().bold(id);
    return library
        .entry(id)
        .filter(entry -> entry.cid().isPresent())
        .map(
            entry ->
                entry.productionReady() ? " (production ready)" : " (no evaluation passed yet)")
        .map(state -> name + state)
        .orElse(name);
  }

  private void greet(ServerConfig config, int boundPort, List<String> titles) {
    Console console = context.console();
    console.line("serving " + String.join(", ", titles) + "; in the shell of a client:");
    console.line("export OPENAI_BASE_URL=%s/v1".formatted(Listening.address(config, boundPort)));
    if (!config.access().keys().areWanted()) {
      console.line("export OPENAI_API_KEY=kolm");
    }
  }
}
