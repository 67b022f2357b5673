package ai.kolm.cli;

import ai.kolm.anonymize.Anonymizer;
import ai.kolm.capture.CaptureConfig;
import ai.kolm.capture.CaptureException;
import ai.kolm.capture.CaptureHome;
import ai.kolm.capture.CaptureRecorder;
import ai.kolm.capture.CaptureStore;
import ai.kolm.capture.CaptureStore.Protection;
import ai.kolm.capture.CaptureTags;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.journal.Journal.Durability;
import ai.kolm.journal.JournalInUseException;
import ai.kolm.server.CaptureService;
import ai.kolm.upstream.Provider;
import ai.kolm.upstream.UpstreamClient;
import ai.kolm.upstream.UpstreamTimeouts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/** The parts of a capture, put together; only loaded where there is one. */
final class CaptureSetup implements AutoCloseable {
  private final CaptureStore store;
  private final CaptureRecorder recorder;
  private final UpstreamClient client;
  private final CaptureService service;

  private CaptureSetup(
      CaptureStore store, CaptureRecorder recorder, UpstreamClient client, CaptureService service) {
    this.store = store;
    this.recorder = recorder;
    this.client = client;
    this.service = service;
  }

  /** Opens the store and prepares to relay to {@code providers}. */
  static CaptureSetup open(CommandContext context, CaptureFlags flags, List<String> providers)
      throws IOException {
    List<Provider> targets = providers.stream().map(Provider::parse).toList();
    String task = flags.task();
    String namespace = flags.namespace == null ? task : flags.namespace;
    CaptureTags tags = new CaptureTags(namespace, task);
    Optional<Anonymizer.Style> style = style(flags);
    CaptureStore store =
        new CaptureStore(
            home(context),
            new CaptureStore.Options(
                durability(flags), protection(flags, style.isEmpty()), flags.retention));
    try {
      store.open(namespace);
    } catch (CaptureException e) {
      throw refusal(e);
    } catch (JournalInUseException e) {
      throw new CommandException(ExitCode.PREREQUISITE, String.valueOf(e.getMessage()), e);
    }
    CaptureConfig config = CaptureConfig.of(tags).withStyle(style).withRequire(flags.require);
    CaptureRecorder recorder = new CaptureRecorder(config, store, new Anonymizer());
    UpstreamClient client = new UpstreamClient(UpstreamTimeouts.DEFAULT);
    return new CaptureSetup(store, recorder, client, new CaptureService(targets, client, recorder));
  }

  /** Where captures are, and who says the passphrases of those that have one. */
  static CaptureHome home(CommandContext context) {
    return new CaptureHome(context.home().root(), new Passphrases(context));
  }

  private static Protection protection(CaptureFlags flags, boolean raw) {
    if (flags.passphrase) {
      return Protection.PASSPHRASE;
    }
    return flags.encrypt || raw ? Protection.KEY : Protection.NONE;
  }

  private static Optional<Anonymizer.Style> style(CaptureFlags flags) {
    return switch (flags.anonymize) {
      case "surrogate" -> Optional.of(Anonymizer.Style.SURROGATE);
      case "tag" -> Optional.of(Anonymizer.Style.TAG);
      case "off" -> {
        if (!flags.acceptRaw) {
          throw new CommandException(
              ExitCode.REFUSED,
              "--anonymize off records what was said as it was; it needs --i-accept-raw");
        }
        yield Optional.empty();
      }
      default ->
          throw new CommandException(
              ExitCode.REFUSED,
              "--anonymize: expected surrogate, tag or off, got \"%s\"".formatted(flags.anonymize));
    };
  }

  private static Durability durability(CaptureFlags flags) {
    return switch (flags.durability) {
      case "kill" -> Durability.KILL;
      case "sync" -> Durability.SYNC;
      default ->
          throw new CommandException(
              ExitCode.REFUSED,
              "--durability: expected kill or sync, got \"%s\"".formatted(flags.durability));
    };
  }

  /** How a command ends that cannot use the store. */
  static CommandException refusal(CaptureException e) {
    ExitCode code =
        switch (e.reason()) {
          case KEY, HOLD -> ExitCode.PREREQUISITE;
          case NOT_FOUND -> ExitCode.NOT_FOUND;
          case DAMAGED -> ExitCode.EXECUTION;
        };
    return new CommandException(code, String.valueOf(e.getMessage()), e);
  }

  /** What the server needs. */
  CaptureService service() {
    return service;
  }

  /** Tells what clients need to know. */
  void greet(CommandContext context, String address) {
    List<Provider> providers = service.providers();
    for (Provider provider : providers) {
      boolean first = provider.equals(providers.getFirst());
      String path = first ? "" : "/p/" + provider.name();
      context
          .console()
          .line("relaying %s/v1/capture%s to %s".formatted(address, path, provider.base()));
      if (provider.name().equals("anthropic")) {
        context
            .console()
            .line("export ANTHROPIC_BASE_URL=%s/v1/capture%s".formatted(address, path));
      } else if (first) {
        context.console().line("export OPENAI_BASE_URL=%s/v1/capture".formatted(address));
      }
    }
    context
        .console()
        .line(
            "recording as %s, %s"
                .formatted(
                    service.recorder().config().tags().namespace(),
                    service
                        .recorder()
                        .config()
                        .style()
                        .map(style -> "names and numbers replaced before they touch the disk")
                        .orElse("as it was said (encrypted)")));
  }

  /** Records what is still waiting; no request may come any more. */
  @Override
  public void close() {
    recorder.close();
    client.close();
    try {
      store.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
