package ai.kolm.tokenizer;

import ai.kolm.json.JsonObject;
import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;
import java.util.Optional;
import java.util.OptionalInt;

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

  /** The tokenizer of a {@code tokenizer.json}, with its {@code tokenizer_config.json}. */
  public static Tokenizer fromJson(String file, byte[] json, Optional<JsonObject> config)
      throws ModelFormatException {
    return unsupported(file, json.length + " bytes of JSON" + (config.isPresent() ? "" : " alone"));
  }

  private static Tokenizer unsupported(String file, String what) throws ModelFormatException {
    OptionalInt supported = OptionalInt.empty();
    throw new ModelFormatException(file, "tokenizer: " + what + " " + supported);
  }
}
