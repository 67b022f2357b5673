package ai.kolm.tokenizer;

import ai.kolm.weights.Metadata;
import ai.kolm.weights.ModelFormatException;

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
}
