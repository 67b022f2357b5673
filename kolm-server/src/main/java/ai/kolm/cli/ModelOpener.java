package ai.kolm.cli;

import ai.kolm.chat.ChatCompletions;
import ai.kolm.chat.RunOptions;
import ai.kolm.cli.console.CommandException;
import ai.kolm.cli.console.ExitCode;
import ai.kolm.cli.settings.Setting;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.source.ModelFiles;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizers;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Opens the model that the user of a command means. */
final class ModelOpener {
  private static final int MAX_TOKENIZER_BYTES = 64 << 20;

  private final CommandContext context;
  private final ArtifactStore store;

  ModelOpener(CommandContext context) {
    this.context = context;
    store = new ArtifactStore(context.home());
  }

  /** Where the model is that {@code named} means. */
  Path path(String named) throws IOException {
    return store.find(named);
  }

  /**
   * Where the model is of a command that was given none: what the setting says, else the default
   * model, else the only one in the store; empty if there are none.
   *
   * @throws CommandException if there are several and none is the default
   */
  Optional<Path> unnamed(String defaultName) throws IOException {
    String setting = context.settings().get(Setting.MODEL);
    if (!setting.isEmpty()) {
      return Optional.of(store.find(setting));
    }
    if (Files.exists(store.file(defaultName))) {
      return Optional.of(store.file(defaultName));
    }
    List<Path> all = store.list();
    if (all.size() > 1) {
      throw new CommandException(
          ExitCode.REFUSED,
          "there are several models; name one: %s"
              .formatted(String.join(", ", all.stream().map(ArtifactStore::name).toList())));
    }
    return all.stream().findFirst();
  }

  /** The files of the model that {@code named} means. */
  ModelFiles files(String named) throws IOException, ModelFormatException {
    return ModelFiles.open(path(named));
  }

  /** Chat with the model at {@code path}. */
  static ChatCompletions chat(Path path, RunOptions options)
      throws IOException, ModelFormatException {
    return chat(ModelFiles.open(path), options);
  }

  /** Chat with {@code files}, which are closed with it, or now if this fails. */
  static ChatCompletions chat(ModelFiles files, RunOptions options) throws ModelFormatException {
    try {
      return ChatCompletions.of(files, options);
    } catch (IllegalStateException e) {
      throw new CommandException(ExitCode.PREREQUISITE, String.valueOf(e.getMessage()), e);
    }
  }

  /** A tokenizer that is open, and what has to be closed when it is no longer used. */
  record OpenTokenizer(Tokenizer tokenizer, Optional<ModelFiles> files) implements AutoCloseable {
    @Override
    public void close() {
      files.ifPresent(ModelFiles::close);
    }
  }

  /** The tokenizer of a model, or a bare {@code tokenizer.json}. */
  OpenTokenizer tokenizer(String named) throws IOException, ModelFormatException {
    Path path = path(named);
    if (path.toString().endsWith(".json")) {
      String name = String.valueOf(path.getFileName());
      Path beside = path.resolveSibling("tokenizer_config.json");
      Optional<JsonObject> config =
          Files.isRegularFile(beside) ? Optional.of(json(beside)) : Optional.empty();
      return new OpenTokenizer(Tokenizers.fromJson(name, read(path), config), Optional.empty());
    }
    ModelFiles files = ModelFiles.open(path);
    return new OpenTokenizer(files.text().tokenizer(), Optional.of(files));
  }

  private static JsonObject json(Path path) throws IOException, ModelFormatException {
    try {
      JsonLimits limits = JsonLimits.DEFAULT.withBytes(MAX_TOKENIZER_BYTES);
      return JsonReader.readObject(read(path), limits);
    } catch (JsonException e) {
      throw new ModelFormatException(path.toString(), String.valueOf(e.getMessage()));
    }
  }

  private static byte[] read(Path path) throws IOException, ModelFormatException {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(MAX_TOKENIZER_BYTES + 1);
      if (bytes.length > MAX_TOKENIZER_BYTES) {
        throw new ModelFormatException(
            path.toString(), "more than %,d bytes".formatted(MAX_TOKENIZER_BYTES));
      }
      return bytes;
    }
  }
}
