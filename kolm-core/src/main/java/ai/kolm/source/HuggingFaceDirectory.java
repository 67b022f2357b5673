package ai.kolm.source;

import ai.kolm.artifact.Manifest;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.tokenizer.Tokenizers;
import ai.kolm.weights.ModelFormatException;
import ai.kolm.weights.SafetensorsFile;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A model as Hugging Face distributes it: {@code config.json}, safetensors, {@code tokenizer.json},
 * and beside them, where there are such files, {@code tokenizer_config.json}, {@code
 * generation_config.json} and {@code chat_template.jinja}.
 */
final class HuggingFaceDirectory {
  private static final String CONFIG = "config.json";
  private static final String TOKENIZER = "tokenizer.json";
  private static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  private static final String GENERATION_CONFIG = "generation_config.json";
  private static final String TEMPLATE = "chat_template.jinja";

  private static final long TOKENIZER_BYTES = 64L << 20;
  private static final long TEMPLATE_BYTES = 64L << 10;

  private final Path directory;
  private final String name;

  private HuggingFaceDirectory(Path directory) {
    this.directory = directory;
    this.name = String.valueOf(directory.toAbsolutePath().normalize().getFileName());
  }

  static ModelFiles.Parts open(Path directory, Arena arena)
      throws IOException, ModelFormatException {
    HuggingFaceDirectory model = new HuggingFaceDirectory(directory);
    model.require(CONFIG);
    model.require(TOKENIZER);
    JsonObject config = model.json(CONFIG).orElseThrow();
    SafetensorsFile weights = SafetensorsFile.open(directory, arena);
    return new ModelFiles.Parts(
        weights,
        Optional.of(config),
        PendingText.of(model.text(config)),
        model.recommended(),
        List.of(),
        model.content(weights));
  }

  private Manifest.Defaults recommended() throws IOException, ModelFormatException {
    Optional<JsonObject> generation = json(GENERATION_CONFIG);
    try {
      return generation.isPresent()
          ? RecommendedSampling.of(generation.get())
          : Manifest.Defaults.NONE;
    } catch (JsonException e) {
      throw new ModelFormatException(
          name + "/" + GENERATION_CONFIG, String.valueOf(e.getMessage()));
    }
  }

  private void require(String file) throws ModelFormatException {
    if (!Files.isRegularFile(directory.resolve(file))) {
      throw new ModelFormatException(
          name, "expected a model's directory, but there is no " + file + " in it");
    }
  }

  private Optional<JsonObject> json(String file) throws IOException, ModelFormatException {
    Optional<byte[]> bytes = read(file, HuggingFaceText.CONFIG_BYTES);
    if (bytes.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(HuggingFaceText.json(name + "/" + file, bytes.get()));
  }

  /** The bytes of a file of the directory, unless there is none. */
  private Optional<byte[]> read(String file, long limit) throws IOException, ModelFormatException {
    Path path = directory.resolve(file);
    if (!Files.isRegularFile(path)) {
      return Optional.empty();
    }
    long size = Files.size(path);
    if (size > limit) {
      throw new ModelFormatException(
          name + "/" + file, "%,d bytes, at most %,d allowed".formatted(size, limit));
    }
    return Optional.of(Files.readAllBytes(path));
  }

  private ModelText text(JsonObject config) throws IOException, ModelFormatException {
    Optional<JsonObject> tokenizerConfig = json(TOKENIZER_CONFIG);
    byte[] tokenizer = read(TOKENIZER, TOKENIZER_BYTES).orElseThrow();
    Optional<byte[]> template = read(TEMPLATE, TEMPLATE_BYTES);
    try {
      return HuggingFaceText.of(
          Tokenizers.fromJson(name + "/" + TOKENIZER, tokenizer, tokenizerConfig),
          tokenizerConfig,
          template.map(bytes -> new String(bytes, StandardCharsets.UTF_8)),
          stopTokens(config));
    } catch (JsonException e) {
      throw new ModelFormatException(name, String.valueOf(e.getMessage()));
    }
  }

  /** {@code eos_token_id}, one id or a list, of both configurations. */
  private Set<Integer> stopTokens(JsonObject config)
      throws IOException, ModelFormatException, JsonException {
    Set<Integer> ids = new HashSet<>();
    addStopTokens(config, ids);
    Optional<JsonObject> generation = json(GENERATION_CONFIG);
    if (generation.isPresent()) {
      addStopTokens(generation.get(), ids);
    }
    return ids;
  }

  private static void addStopTokens(JsonObject config, Set<Integer> ids) throws JsonException {
    Optional<Json> member = config.find("eos_token_id");
    if (member.isEmpty()) {
      return;
    }
    List<Json> items =
        member.get() instanceof Json.Arr array ? array.items() : List.of(member.get());
    for (Json item : items) {
      if (!(item instanceof Json.Int id) || id.value() < 0 || id.value() > Integer.MAX_VALUE) {
        throw new JsonException(
            JsonException.Code.TYPE, config.at("eos_token_id") + ": expected token ids");
      }
      ids.add((int) id.value());
    }
  }

  private List<ContentFile> content(SafetensorsFile weights) {
    List<ContentFile> files = new ArrayList<>();
    for (String file : weights.files()) {
      files.add(new ContentFile("model/" + entryName(file), directory.resolve(file)));
    }
    add(files, ContentFile.CONFIG, CONFIG);
    add(files, ContentFile.TOKENIZER, TOKENIZER);
    add(files, ContentFile.TOKENIZER_CONFIG, TOKENIZER_CONFIG);
    add(files, ContentFile.TEMPLATE, TEMPLATE);
    return files;
  }

  private void add(List<ContentFile> files, String entry, String file) {
    Path path = directory.resolve(file);
    if (Files.isRegularFile(path)) {
      files.add(new ContentFile(entry, path));
    }
  }

  /** Entries have lower-case names without spaces. */
  private static String entryName(String file) {
    return file.toLowerCase(java.util.Locale.ROOT).replace(' ', '_');
  }
}
