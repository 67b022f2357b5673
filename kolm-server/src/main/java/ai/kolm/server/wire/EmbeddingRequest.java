package ai.kolm.server.wire;

import ai.kolm.json.Json;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The body of {@code POST /v1/embeddings}.
 *
 * @param input what vectors are made of
 * @param base64 whether a vector is wanted as base64 of little-endian 32-bit floats
 * @param dimensions how many numbers of a vector are wanted; absent: all
 * @param ignored fields that nothing here knows
 */
public record EmbeddingRequest(
    List<TextInput> input, boolean base64, OptionalInt dimensions, List<String> ignored) {
  private static final int MAX_INPUTS = 2048;
  private static final int MAX_DIMENSIONS = 1 << 16;
  private static final int MAX_USER = 512;
  private static final Set<String> KNOWN =
      Set.of("dimensions", "encoding_format", "input", "model", "user");

  /** Copies the lists. */
  public EmbeddingRequest {
    input = List.copyOf(input);
    ignored = List.copyOf(ignored);
  }

  /**
   * Checks and reads everything.
   *
   * @param takesTokens whether token ids are accepted: a client that does not know the tokenizer
   *     sends those of another, which give vectors without a meaning
   * @throws InvalidFieldException naming the first field at fault
   */
  public static EmbeddingRequest read(Json body, boolean takesTokens) throws InvalidFieldException {
    Fields fields = CommonFields.root(body);
    fields.string("model");
    List<TextInput> input = TextInput.read(fields, "input", MAX_INPUTS);
    for (int i = 0; i < input.size(); i++) {
      check(input.get(i), input.size() == 1 ? "input" : "input[%d]".formatted(i), takesTokens);
    }
    String format = fields.findWord("encoding_format", List.of("float", "base64"));
    OptionalLong dimensions = fields.findInteger("dimensions", 1, MAX_DIMENSIONS);
    fields.findString("user", MAX_USER);
    return new EmbeddingRequest(
        input,
        "base64".equals(format),
        dimensions.isPresent() ? OptionalInt.of((int) dimensions.getAsLong()) : OptionalInt.empty(),
        CommonFields.unknown(fields, KNOWN));
  }

  private static void check(TextInput input, String at, boolean takesTokens)
      throws InvalidFieldException {
    switch (input) {
      case TextInput.Text text -> CommonFields.nonEmpty(text.text(), at);
      case TextInput.Tokens _ -> {
        if (!takesTokens) {
          throw new InvalidFieldException(
              at,
              Code.UNSUPPORTED_VALUE,
              "Invalid '%s': token ids of another tokenizer would give vectors without a meaning. Send text (LangChain: check_embedding_ctx_length=False), or serve with --embedding-tokens native and send ids of this model's tokenizer."
                  .formatted(at));
        }
      }
    }
  }
}
