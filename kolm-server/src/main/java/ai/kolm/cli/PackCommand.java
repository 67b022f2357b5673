package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes an artifact of a model that is here. */
@Command(
    name = "pack",
    description = {
      "Make an artifact of a model.",
      "In this directory, or where --out says. SOURCE is a GGUF file, a Hugging Face directory, or",
      "anything else that pull takes."
    })
final class PackCommand implements Callable<Integer> {
  private final CommandContext context;

  @Mixin private final PackFlags flags = new PackFlags();

  @Parameters(arity = "0..1", paramLabel = "SOURCE", description = "The model.")
  private @Nullable String source;

  @Option(names = "--weights", paramLabel = "SOURCE", description = "The same.")
  private @Nullable String weights;

  @Option(names = "--out", paramLabel = "FILE", description = "The artifact; default: NAME.kolm.")
  private @Nullable String out;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the specification
  PackCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException, ArtifactException {
    if ((source == null) == (weights == null)) {
      throw new ParameterException(
          spec.commandLine(), "expected the model, as SOURCE or with --weights, once");
    }
    String from = source != null ? source : String.valueOf(weights);
    ModelImport models = new ModelImport(context, flags);
    models.report(models.into(from, this::target));
    return ExitCode.OK.number();
  }

  private Path target(String name) {
    if (out == null) {
      return Path.of(name + ArtifactStore.SUFFIX);
    }
    Path target = context.home().expand(out);
    if (!target.toString().endsWith(ArtifactStore.SUFFIX)) {
      throw new CommandException(
          ExitCode.REFUSED, "--out: expected a name that ends with .kolm, got \"" + out + "\"");
    }
    return target;
  }
}
