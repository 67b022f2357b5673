package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.artifact.Manifest;
import ai.kolm.capture.CaptureException;
import ai.kolm.capture.CaptureHome;
import ai.kolm.capture.CaptureReader;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Suggestions;
import ai.kolm.distill.DistillException;
import ai.kolm.training.TrainingPlan;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes a model that answers as a provider has answered. */
@Command(
    name = "distill",
    description = {
      "Train a small model to answer as the captured traffic was answered, and pack it.",
      "The smallest base that is here and agrees well enough is taken, as training and measuring",
      "show. What was interrupted goes on when the same command is given again."
    })
final class DistillCommand implements Callable<Integer> {
  private final CommandContext context;

  @Mixin private final EngineFlags engine = new EngineFlags();

  @Mixin private final TrustFlags trust = new TrustFlags();

  @Mixin private final DistillFlags flags = new DistillFlags();

  @Option(
      names = "--namespace",
      paramLabel = "NS",
      required = true,
      description = "Whose captures to learn.")
  private String namespace = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "The artifact; default: NS.kolm in this directory.")
  private @Nullable String out;

  @Option(
      names = "--resume",
      description = "Go on with a run that was interrupted, and with nothing else.")
  private boolean resume;

  @Option(names = "--json", description = "The result as JSON.")
  private boolean json;

  DistillCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException, ArtifactException {
    TrainingPlan plan = flags.plan();
    Path target = target();
    CaptureReader reader = reader();
    RunOptions options = engine.options(context);
    try (DistillBases bases = DistillBases.open(context, trust, flags.bases(), flags.accepted())) {
      DistillRun run = new DistillRun(context, trust, flags, options, resume);
      DistillReport report = run.make(reader, bases, plan, target);
      report.print(context.console(), json);
      return ExitCode.OK.number();
    } catch (DistillException e) {
      throw refusal(e);
    } catch (IOException e) {
      if (String.valueOf(e.getMessage()).contains("No space left")) {
        throw full(target, e);
      }
      throw e;
    }
  }

  /** Which disk is full, as the system does not say it. */
  private CommandException full(Path target, IOException e) throws IOException {
    Path root = context.home().root();
    Path beside = Optional.ofNullable(target.toAbsolutePath().getParent()).orElse(target);
    long left = Files.getFileStore(root).getUsableSpace();
    Path where = Files.getFileStore(beside).getUsableSpace() < left ? beside : root;
    return new CommandException(
        ExitCode.EXECUTION,
        "no space left in %s; once there is some, the same command goes on from here"
            .formatted(where),
        e);
  }

  /** How a command ends that could not make a model. */
  static CommandException refusal(DistillException e) {
    ExitCode code =
        switch (e.reason()) {
          case NO_DATA -> ExitCode.NOT_FOUND;
          case PREREQUISITE -> ExitCode.PREREQUISITE;
          case MISMATCH -> ExitCode.REFUSED;
          case EXECUTION -> ExitCode.EXECUTION;
        };
    return new CommandException(code, String.valueOf(e.getMessage()), e);
  }

  private Path target() {
    Path target = context.home().expand(out == null ? namespace + ArtifactStore.SUFFIX : out);
    if (!target.toString().endsWith(ArtifactStore.SUFFIX)) {
      throw new CommandException(
          ExitCode.REFUSED, "--out: expected a name that ends with .kolm, got \"" + out + "\"");
    }
    String name = ArtifactStore.name(target);
    if (!Manifest.isName(name)) {
      throw new CommandException(
          ExitCode.REFUSED,
          "--out: expected lower-case letters, digits and ._- up to 64, got \"%s\""
              .formatted(name));
    }
    return target;
  }

  private CaptureReader reader() throws IOException {
    CaptureHome home = CaptureSetup.home(context);
    try {
      return CaptureReader.open(home, namespace);
    } catch (CaptureException e) {
      if (e.reason() != CaptureException.Reason.NOT_FOUND) {
        throw CaptureSetup.refusal(e);
      }
      List<String> known = home.namespaces();
      String hint =
          known.isEmpty()
              ? "there are none yet; kolm capture --provider openai --as %s makes some"
                  .formatted(namespace)
              : "there are: " + String.join(", ", known);
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "%s%s (%s)".formatted(e.getMessage(), Suggestions.didYouMean(namespace, known), hint),
          e);
    }
  }
}
