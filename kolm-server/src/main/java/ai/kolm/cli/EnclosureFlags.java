package ai.kolm.cli;

import ai.kolm.artifact.EntryRole;
import ai.kolm.artifact.Manifest;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.pack.Enclosures;
import ai.kolm.eval.EvalCases;
import ai.kolm.eval.EvalException;
import ai.kolm.source.ModelFiles;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags that say what is packed along with a model, and what it is for. */
final class EnclosureFlags {
  @Option(
      names = "--task",
      paramLabel = "KIND",
      description = "What it is for: chat, classification, extraction, redaction, tool_use, ...")
  private @Nullable String task;

  @Option(names = "--namespace", paramLabel = "NAME", description = "The task it belongs to.")
  private @Nullable String namespace;

  @Option(names = "--description", paramLabel = "TEXT", description = "The same, for people.")
  private @Nullable String description;

  @Option(
      names = "--language",
      paramLabel = "CODE",
      split = ",",
      description = "A language it is for, two or three letters.")
  private List<String> languages = List.of();

  @Option(names = "--tag", paramLabel = "TAG", split = ",", description = "A word to find it by.")
  private List<String> tags = List.of();

  @Option(names = "--model-version", paramLabel = "TEXT", description = "Its version, for people.")
  private @Nullable String version;

  @Option(
      names = "--evals",
      paramLabel = "FILE",
      description = "Add the cases that it is to be judged by, as eval takes them.")
  private @Nullable String evals;

  @Option(
      names = "--draft",
      paramLabel = "X",
      description = {
        "Add a small model of the same vocabulary that proposes tokens; of an artifact, its CID."
      })
  private @Nullable String draft;

  /** Whether there is to be a draft model. */
  boolean hasDraft() {
    return draft != null;
  }

  /**
   * The draft model, open and verified; absent: there is to be none.
   *
   * @throws CommandException if it is an artifact that is not trusted
   */
  Optional<ModelFiles> openDraft(CommandContext context) throws IOException, ModelFormatException {
    return draft == null
        ? Optional.empty()
        : Optional.of(new TrustFlags().open(context, new ModelOpener(context).path(draft)));
  }

  /** All but the draft model. */
  Enclosures read(CommandContext context) throws IOException {
    return new Enclosures(
        Optional.ofNullable(task).map(EnclosureFlags::kind),
        Optional.ofNullable(namespace),
        Optional.ofNullable(description),
        languages,
        tags,
        Optional.ofNullable(version),
        evals == null ? Optional.empty() : Optional.of(cases(context.home().expand(evals))));
  }

  private static Manifest.Task.Kind kind(String text) {
    return Stream.of(Manifest.Task.Kind.values())
        .filter(kind -> name(kind).equals(text.replace('-', '_')))
        .findFirst()
        .orElseThrow(
            () ->
                new CommandException(
                    ExitCode.REFUSED,
                    "--task: expected one of %s, got \"%s\""
                        .formatted(
                            Arrays.stream(Manifest.Task.Kind.values())
                                .map(EnclosureFlags::name)
                                .collect(Collectors.joining(", ")),
                            text)));
  }

  private static String name(Manifest.Task.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /** The cases of a file, none of which is wrong. */
  private static Enclosures.Cases cases(Path file) throws IOException {
    try {
      if (Files.size(file) > EntryRole.EVALS.maxBytes()) {
        throw new CommandException(
            ExitCode.REFUSED,
            "--evals: %s has more than %,d bytes".formatted(file, EntryRole.EVALS.maxBytes()));
      }
      byte[] lines = Files.readAllBytes(file);
      return new Enclosures.Cases(lines, EvalCases.read(lines).cases().size());
    } catch (NoSuchFileException e) {
      throw new CommandException(ExitCode.NOT_FOUND, "--evals: there is no " + file, e);
    } catch (EvalException e) {
      throw new CommandException(
          ExitCode.REFUSED, "--evals: %s: %s".formatted(file, e.getMessage()), e);
    }
  }
}
