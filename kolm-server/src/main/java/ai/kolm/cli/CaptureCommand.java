package ai.kolm.cli;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.settings.Setting;
import ai.kolm.cli.settings.Settings;
import ai.kolm.receipt.ReceiptIssuer;
import ai.kolm.receipt.ReceiptLog;
import ai.kolm.server.KolmServer;
import ai.kolm.server.ServedModels;
import ai.kolm.server.ServerAccess;
import ai.kolm.server.ServerConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Relays requests to a provider, and records them, until the process is told to end. */
@Command(
    name = "capture",
    description = {
      "Pass requests on to a provider, byte for byte, and record them without what identifies",
      "people. Keys pass through and are stored nowhere."
    })
final class CaptureCommand implements Callable<Integer> {
  private final CommandContext context;

  @Mixin private final CaptureFlags flags = new CaptureFlags();

  @Mixin private final KeyFlags keys = new KeyFlags();

  @Option(
      names = "--provider",
      paramLabel = "P",
      description =
          "Whom to pass on to: openai, anthropic, openrouter or NAME=URL; the first is the default.")
  private List<String> providers = List.of();

  @Option(names = "--host", paramLabel = "ADDRESS", description = "Listen here; default 127.0.0.1.")
  private @Nullable String host;

  @Option(names = "--port", paramLabel = "N", description = "Listen here; default 8765, 0: any.")
  private @Nullable String port;

  @Option(
      names = "--allow-host",
      paramLabel = "NAME",
      description = "A further host name that clients may use.")
  private List<String> allowedHosts = List.of();

  CaptureCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException {
    if (providers.isEmpty()) {
      throw new CommandException(
          ExitCode.USAGE, "--provider P is missing: openai, anthropic, openrouter or NAME=URL");
    }
    Logging.verbose();
    Settings settings = context.settings();
    ServerConfig config =
        ServerConfig.DEFAULT
            .withAddress(
                settings.get(Setting.HOST, host, "--host"),
                settings.get(Setting.PORT, port, "--port"))
            .withAllowedHosts(allowedHosts)
            .withAccess(access());
    CompletableFuture<ReceiptIssuer> receipts = new CompletableFuture<>();
    CountDownLatch closed = new CountDownLatch(1);
    CaptureSetup capture = CaptureSetup.open(context, flags, providers);
    try (KolmServer server =
        new KolmServer(
            config,
            CompletableFuture.completedFuture(ServedModels.of(List.of())),
            receipts,
            Optional.of(capture.service()))) {
      int boundPort = Listening.start(server, config);
      receipts.complete(new ServerReceipts(context).open(boundPort, ReceiptLog.Sync.BATCH, false));
      Thread atExit = new Thread(() -> close(server, capture, receipts, closed), "kolm-close");
      Runtime.getRuntime().addShutdownHook(atExit);
      capture.greet(context, Listening.address(config, boundPort));
      if (config.access().keys().areWanted()) {
        context.console().line("clients send a key of their own as x-kolm-key");
      }
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      capture.close();
    }
    return ExitCode.OK.number();
  }

  private ServerAccess access() throws IOException {
    try {
      return ServerAccess.OPEN.withKeys(keys.keys());
    } catch (IllegalArgumentException e) {
      throw new CommandException(ExitCode.REFUSED, String.valueOf(e.getMessage()), e);
    }
  }

  @Command(name = "status", description = "Which processes record, and into which namespaces.")
  int status() throws IOException {
    RunningCaptures running = RunningCaptures.find(context.home().root());
    running.lines().forEach(context.console()::line);
    return (running.isEmpty() ? ExitCode.NOT_FOUND : ExitCode.OK).number();
  }

  @Command(name = "stop", description = "End the processes that record; what waits is recorded.")
  int stop() throws IOException {
    RunningCaptures running = RunningCaptures.find(context.home().root());
    if (running.isEmpty()) {
      throw new CommandException(ExitCode.NOT_FOUND, "no capture is running");
    }
    if (!running.stop()) {
      throw new CommandException(
          ExitCode.EXECUTION, "it was told to end and goes on: " + running.lines().getFirst());
    }
    context.console().tell("stopped");
    return ExitCode.OK.number();
  }

  /** Records come before the audit log ends: their receipts go into it. */
  private static void close(
      KolmServer server,
      CaptureSetup capture,
      CompletableFuture<ReceiptIssuer> receipts,
      CountDownLatch closed) {
    server.close();
    capture.close();
    receipts.join().close();
    closed.countDown();
  }
}
