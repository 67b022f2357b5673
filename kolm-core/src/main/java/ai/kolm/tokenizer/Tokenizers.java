package ai.kolm.tokenizer;

import ai.kolm.json.JsonObject;
import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import java.util.Optional;

/**
 * Makes tokenizers from what model files say of them.
 *
 * <pre>{@code
 * Tokenizer tokenizer = Tokenizers.fromGguf(file.metadata());
 * }</pre>
 */
public final class Tokenizers {
  private Tokenizers() {}

  /**
   * The tokenizer in the metadata of a GGUF file.
   *
   * @throws ModelFormatException if something is missing, contradictory or not supported; the
   *     message names the key, what was expected and what was found
   */
  public static Tokenizer fromGguf(Metadata metadata) throws ModelFormatException {
    return GgufTokenizer.read(metadata);
  }

  /**
   * The tokenizer in a {@code tokenizer.json}.
   *
   * @param file what to call it in messages
   * @param tokenizerJson the bytes of the file, at most 64 MiB
   * @param tokenizerConfig {@code tokenizer_config.json}, which names the begin and end tokens
   * @throws ModelFormatException if it is not such a file, or has a component that kolm does not
   *     know; the message has the JSON pointer, what was expected and what was found
   */
  public static Tokenizer fromJson(
      String file, byte[] tokenizerJson, Optional<JsonObject> tokenizerConfig)
      throws ModelFormatException {
    return JsonTokenizer.read(file, tokenizerJson, tokenizerConfig);
  }
}
