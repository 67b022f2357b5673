package ai.kolm.server.wire;

import ai.kolm.chat.TextPrompt;
import ai.kolm.chat.TextRequest;
import ai.kolm.engine.CacheScope;
import ai.kolm.json.Json;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;

/**
 * The body of {@code POST /v1/completions}.
 *
 * @param text what to continue and how
 * @param delivery in one piece or in chunks
 * @param ignored fields that nothing here knows
 */
public record TextCompletionRequest(TextRequest text, StreamFields delivery, List<String> ignored) {
  private static final int DEFAULT_TOKENS = 16;
  private static final int MAX_CHOICES = 128;
  private static final int MAX_BEST_OF = 20;
  private static final int MAX_LOGPROBS = 5;
  private static final int MAX_USER = 512;

  private static final Set<String> KNOWN =
      Set.of(
          "best_of",
          "echo",
          "frequency_penalty",
          "ignore_eos",
          "logit_bias",
          "logprobs",
          "max_tokens",
          "min_p",
          "model",
          "n",
          "presence_penalty",
          "prompt",
          "repetition_penalty",
          "seed",
          "stop",
          "stream",
          "stream_options",
          "suffix",
          "temperature",
          "top_k",
          "top_p",
          "typical_p",
          "user");

  /** Copies the list. */
  public TextCompletionRequest {
    ignored = List.copyOf(ignored);
  }

  /**
   * Checks and reads everything.
   *
   * @param standard how to sample where {@code body} does not say
   * @param prompts makes prompts of texts and tokens
   * @throws InvalidFieldException naming the first field at fault
   */
  public static TextCompletionRequest read(
      Json body, SamplingParams standard, Function<TextInput, TextPrompt> prompts)
      throws InvalidFieldException {
    Fields fields = CommonFields.root(body);
    fields.string("model");
    CommonFields.refuse(fields, List.of("suffix"));
    fields.findString("user", MAX_USER);
    StreamFields delivery = StreamFields.read(fields);
    List<TextInput> inputs =
        fields.has("prompt")
            ? TextInput.read(fields, "prompt", TextRequest.MAX_PROMPTS)
            : List.of(new TextInput.Text(""));
    int n = (int) fields.findInteger("n", 1, MAX_CHOICES).orElse(1);
    int bestOf = bestOf(fields, n, delivery);
    checkCount(inputs.size(), bestOf);
    OptionalLong logprobs = fields.findInteger("logprobs", 0, MAX_LOGPROBS);
    TextRequest text =
        new TextRequest(
            inputs.stream().map(prompts).toList(),
            Optional.of(SamplingFields.read(fields, standard)),
            (int) fields.findInteger("max_tokens", 0, Integer.MAX_VALUE).orElse(DEFAULT_TOKENS),
            n,
            bestOf,
            CommonFields.stop(fields),
            CommonFields.seed(fields),
            logprobs.isPresent() ? OptionalInt.of((int) logprobs.getAsLong()) : OptionalInt.empty(),
            fields.bool("echo", false),
            fields.bool("ignore_eos", false),
            CacheScope.COMMON);
    return new TextCompletionRequest(text, delivery, CommonFields.unknown(fields, KNOWN));
  }

  private static int bestOf(Fields fields, int n, StreamFields delivery)
      throws InvalidFieldException {
    // Documentation of old has 0 as "none".
    int bestOf = (int) fields.findInteger("best_of", 0, Math.max(n, MAX_BEST_OF)).orElse(n);
    if (bestOf != 0 && bestOf < n) {
      throw contradiction("best_of", "'best_of' must be at least 'n'.");
    }
    if (bestOf > n && delivery.stream()) {
      throw contradiction("best_of", "'best_of' larger than 'n' cannot be streamed.");
    }
    return Math.max(n, bestOf);
  }

  private static void checkCount(int prompts, int bestOf) throws InvalidFieldException {
    if ((long) prompts * bestOf > TextRequest.MAX_PROMPTS) {
      throw new InvalidFieldException(
          "prompt",
          Code.ARRAY_ABOVE_MAX_LENGTH,
          "Invalid 'prompt': %d prompts with %d continuations each, at most %d are made in all."
              .formatted(prompts, bestOf, TextRequest.MAX_PROMPTS));
    }
  }

  private static InvalidFieldException contradiction(String at, String message) {
    return new InvalidFieldException(at, Code.CONTRADICTION, message);
  }
}
