package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pull.RegisteredModel;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Obtains a model and packs it into the store. */
@Command(
    name = "pull",
    description = {
      "Obtain a model and pack it into ~/.kolm/artifacts.",
      "SOURCE is a known name (default: smollm2-135m-instruct), a .gguf file, a Hugging Face",
      "directory, ollama:NAME[:TAG], or hf:ORG/NAME[/FILE.gguf][@REVISION] from its cache."
    })
final class PullCommand implements Callable<Integer> {
  private final CommandContext context;

  @Mixin private final PackFlags flags = new PackFlags();

  @Parameters(arity = "0..1", paramLabel = "SOURCE", description = "Where the model comes from.")
  private String source = RegisteredModel.DEFAULT.name();

  PullCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException, ArtifactException {
    ModelImport models = new ModelImport(context, flags);
    models.report(models.intoStore(source));
    return ExitCode.OK.number();
  }
}
