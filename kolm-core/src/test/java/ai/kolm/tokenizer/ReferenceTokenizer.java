package ai.kolm.tokenizer;

import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.reference.ReferenceData;
import ai.kolm.weights.GgufFile;
import ai.kolm.weights.ModelFormatException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** The tokenizers of published models, as kolm reads them; each is made once. */
enum ReferenceTokenizer {
  SMOLLM2_GGUF("smollm2"),
  GEMMA3_GGUF("gemma3"),
  GEMMA3_JSON("gemma3"),
  QWEN2_5_JSON("qwen2_5"),
  QWEN3_JSON("qwen3"),
  LLAMA3_2_JSON("llama3_2"),
  MINILM_JSON("minilm"),
  WHISPER_BASE_JSON("whisper-base"),
  WHISPER_TINY_EN_JSON("whisper-tiny-en");

  private static final Map<ReferenceTokenizer, Tokenizer> MADE =
      new EnumMap<>(ReferenceTokenizer.class);

  private final String golden;

  ReferenceTokenizer(String golden) {
    this.golden = golden;
  }

  /** The name of its golden data. */
  String golden() {
    return golden;
  }

  /** The tokenizer; the test is skipped if the file cannot be had. */
  Tokenizer tokenizer() {
    Path path = file();
    synchronized (MADE) {
      return MADE.computeIfAbsent(this, _ -> read(path));
    }
  }

  private Path file() {
    return switch (this) {
      case SMOLLM2_GGUF -> ReferenceData.smollm2();
      case GEMMA3_GGUF -> ReferenceData.gemma3();
      case MINILM_JSON -> ReferenceData.minilm().resolve("tokenizer.json");
      case GEMMA3_JSON,
          QWEN2_5_JSON,
          QWEN3_JSON,
          LLAMA3_2_JSON,
          WHISPER_BASE_JSON,
          WHISPER_TINY_EN_JSON ->
          ReferenceData.tokenizerJson(golden);
    };
  }

  private static Tokenizer read(Path path) {
    try {
      return path.toString().endsWith(".gguf") ? readGguf(path) : readJson(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (ModelFormatException e) {
      throw new AssertionError(e);
    }
  }

  /** The tokenizer of a tokenizer.json, with the tokenizer_config.json beside it. */
  static Tokenizer readJson(Path path) throws IOException, ModelFormatException {
    Path config = path.resolveSibling("tokenizer_config.json");
    try {
      Optional<JsonObject> parsed =
          Files.exists(config)
              ? Optional.of(JsonReader.readObject(Files.readAllBytes(config), JsonLimits.DEFAULT))
              : Optional.empty();
      return Tokenizers.fromJson("tokenizer.json", Files.readAllBytes(path), parsed);
    } catch (JsonException e) {
      throw new AssertionError(e);
    }
  }

  /** The tokenizer of a GGUF file. */
  static Tokenizer readGguf(Path path) throws IOException, ModelFormatException {
    try (Arena arena = Arena.ofConfined()) {
      return Tokenizers.fromGguf(GgufFile.open(path, arena).metadata());
    }
  }
}
