package ai.kolm.source;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.weights.ModelFormatException;
import java.util.Optional;
import java.util.Set;

/** What {@code tokenizer_config.json} says about tokens and template. */
final class HuggingFaceText {
  static final long CONFIG_BYTES = 4L << 20;

  private HuggingFaceText() {}

  /**
   * A configuration file.
   *
   * @param file for messages
   */
  static JsonObject json(String file, byte[] bytes) throws ModelFormatException {
    try {
      return JsonReader.readObject(bytes, JsonLimits.DEFAULT.withBytes(CONFIG_BYTES));
    } catch (JsonException e) {
      throw new ModelFormatException(file, String.valueOf(e.getMessage()));
    }
  }

  /**
   * How the model reads and writes text.
   *
   * @param template from a file of its own, which wins over the one in the configuration
   */
  static ModelText of(
      Tokenizer tokenizer,
      Optional<JsonObject> tokenizerConfig,
      Optional<String> template,
      Set<Integer> stopTokens)
      throws JsonException {
    return new ModelText(
        tokenizer,
        template.isPresent() ? template : template(tokenizerConfig),
        token(tokenizerConfig, "bos_token"),
        token(tokenizerConfig, "eos_token"),
        stopTokens);
  }

  /** The template in the configuration: one, or several of which one is the default. */
  private static Optional<String> template(Optional<JsonObject> tokenizerConfig)
      throws JsonException {
    Optional<Json> member = tokenizerConfig.flatMap(json -> json.find("chat_template"));
    if (member.isPresent() && member.get() instanceof Json.Arr) {
      for (JsonObject named : tokenizerConfig.orElseThrow().objects("chat_template")) {
        if (named.string("name").equals("default")) {
          return Optional.of(named.string("template"));
        }
      }
      return Optional.empty();
    }
    return tokenizerConfig.isEmpty()
        ? Optional.empty()
        : tokenizerConfig.get().findString("chat_template");
  }

  /** A token that is written as its text, or as an object that has the text as its content. */
  private static Optional<String> token(Optional<JsonObject> tokenizerConfig, String key)
      throws JsonException {
    Optional<Json> member = tokenizerConfig.flatMap(json -> json.find(key));
    if (member.isPresent() && member.get() instanceof Json.Obj) {
      return tokenizerConfig.orElseThrow().object(key).findString("content");
    }
    return tokenizerConfig.isEmpty() ? Optional.empty() : tokenizerConfig.get().findString(key);
  }
}
