package ai.kolm.cli;

import ai.kolm.artifact.ArtifactException;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pack.AdapterPacker;
import ai.kolm.cli.pack.AdapterSource;
import ai.kolm.cli.pack.PackOptions;
import ai.kolm.cli.pack.PackedModel;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
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
      "anything else that pull takes. With --base instead: an artifact of adapters alone, which",
      "names the one with their base by its CID."
    })
final class PackCommand implements Callable<Integer> {
  private final CommandContext context;

  @Mixin private final PackFlags flags = new PackFlags();

  @Parameters(arity = "0..1", paramLabel = "SOURCE", description = "The model.")
  private @Nullable String source;

  @Option(names = "--weights", paramLabel = "SOURCE", description = "The same.")
  private @Nullable String weights;

  @Option(
      names = "--base",
      paramLabel = "X",
      description = "Pack the adapters alone, over this artifact.")
  private @Nullable String base;

  @Mixin private final TrustFlags trust = new TrustFlags();

  @Option(names = "--out", paramLabel = "FILE", description = "The artifact; default: NAME.kolm.")
  private @Nullable String out;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the specification
  PackCommand(CommandContext context) {
    this.context = context;
  }

  @Override
  public Integer call() throws IOException, ModelFormatException, ArtifactException {
    long given = Stream.of(source, weights, base).filter(Objects::nonNull).count();
    if (given != 1) {
      throw new ParameterException(
          spec.commandLine(), "expected the model, as SOURCE, with --weights or --base, once");
    }
    ModelImport models = new ModelImport(context, flags);
    if (base != null) {
      models.report(adaptersOver(base));
      return ExitCode.OK.number();
    }
    String from = source != null ? source : String.valueOf(weights);
    models.report(models.into(from, this::target));
    return ExitCode.OK.number();
  }

  private PackedModel adaptersOver(String artifact)
      throws IOException, ModelFormatException, ArtifactException {
    List<AdapterSource> adapters = flags.adapters();
    if (adapters.isEmpty()) {
      throw new CommandException(ExitCode.REFUSED, "--base: no --adapter to pack over it");
    }
    if (flags.enclosures().hasDraft()) {
      throw new CommandException(
          ExitCode.REFUSED, "--draft: it goes with weights, not with --base");
    }
    try (ModelFiles files = trust.open(context, new ModelOpener(context).path(artifact))) {
      boolean whole =
          files
              .artifact()
              .flatMap(opened -> opened.manifest().model())
              .filter(model -> model.ref().isEmpty())
              .isPresent();
      if (!whole) {
        throw new CommandException(
            ExitCode.REFUSED, "--base: expected an artifact with weights of its own: " + artifact);
      }
      String name = flags.name(adapters.getFirst().name());
      PackOptions options = flags.options(name, target(name), context, Optional.empty());
      return new AdapterPacker(context.console(), new UserTrust(context).signingKey())
          .pack(files, options);
    }
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
