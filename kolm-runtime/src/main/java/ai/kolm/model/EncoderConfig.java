package ai.kolm.model;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import ai.kolm.weights.ModelFormatException;
import java.util.Set;

/**
 * Everything about a BERT-type encoder that is not a weight (Devlin et al. 2019).
 *
 * @param vocabularySize rows of the embedding
 * @param hiddenSize width of the residual stream
 * @param layers encoder layers
 * @param heads attention heads
 * @param feedForwardSize width of the feed-forward layer
 * @param positions rows of the position embedding
 * @param firstPosition of them, which one the first token takes
 * @param types rows of the embedding of token types; all tokens are of type 0
 * @param normEps added to the variance in norms
 */
public record EncoderConfig(
    int vocabularySize,
    int hiddenSize,
    int layers,
    int heads,
    int feedForwardSize,
    int positions,
    int firstPosition,
    int types,
    float normEps) {
  private static final Set<String> TYPES = Set.of("bert", "roberta", "xlm-roberta");
  private static final int MAX_LAYERS = 256;
  private static final int MAX_WIDTH = 1 << 20;

  /**
   * @throws IllegalArgumentException if a number is out of range or does not fit another
   */
  public EncoderConfig {
    range("vocab_size", vocabularySize, 1, MAX_WIDTH);
    range("hidden_size", hiddenSize, 1, MAX_WIDTH);
    range("num_hidden_layers", layers, 1, MAX_LAYERS);
    range("num_attention_heads", heads, 1, hiddenSize);
    range("intermediate_size", feedForwardSize, 1, MAX_WIDTH);
    range("max_position_embeddings", positions, firstPosition + 1, MAX_WIDTH);
    range("type_vocab_size", types, 1, MAX_WIDTH);
    if (hiddenSize % heads != 0 || hiddenSize / heads < 2) {
      throw new IllegalArgumentException(
          "hidden_size %d over %d heads".formatted(hiddenSize, heads));
    }
  }

  private static void range(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s is %,d, expected %,d to %,d".formatted(what, value, min, max));
    }
  }

  /** Whether {@code config.json} is that of an encoder that kolm knows. */
  public static boolean describes(JsonObject json) {
    return json.find("model_type")
        .filter(type -> type instanceof Json.Str name && TYPES.contains(name.value()))
        .isPresent();
  }

  /**
   * The configuration in a {@code config.json}.
   *
   * @param file for messages
   * @throws ModelFormatException if a field is missing, out of range or not supported
   */
  public static EncoderConfig of(String file, JsonObject json) throws ModelFormatException {
    try {
      require(json, "hidden_act", "gelu");
      require(json, "position_embedding_type", "absolute");
      // RoBERTa counts positions from the one after that of its padding token.
      boolean bert = json.string("model_type").equals("bert");
      int firstPosition = bert ? 0 : integer(json, "pad_token_id") + 1;
      return new EncoderConfig(
          integer(json, "vocab_size"),
          integer(json, "hidden_size"),
          integer(json, "num_hidden_layers"),
          integer(json, "num_attention_heads"),
          integer(json, "intermediate_size"),
          integer(json, "max_position_embeddings"),
          firstPosition,
          integer(json, "type_vocab_size"),
          (float) json.findNumber("layer_norm_eps").orElse(1e-12));
    } catch (JsonException | IllegalArgumentException e) {
      throw new ModelFormatException(file, String.valueOf(e.getMessage()));
    }
  }

  private static void require(JsonObject json, String name, String value) throws JsonException {
    String found = json.findString(name).orElse(value);
    if (!found.equals(value)) {
      throw new IllegalArgumentException("%s: expected %s, got %s".formatted(name, value, found));
    }
  }

  private static int integer(JsonObject json, String name) throws JsonException {
    long value = json.integer(name);
    if (value != (int) value || value < 0) {
      throw new IllegalArgumentException("%s is out of range: %d".formatted(name, value));
    }
    return (int) value;
  }

  /** The longest sequence, in tokens. */
  public int maxTokens() {
    return positions - firstPosition;
  }

  int headDim() {
    return hiddenSize / heads;
  }
}
