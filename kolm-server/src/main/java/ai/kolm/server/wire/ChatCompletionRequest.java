package ai.kolm.server.wire;

import ai.kolm.chat.ChatRequest;
import ai.kolm.engine.CacheScope;
import ai.kolm.json.Json;
import ai.kolm.prompt.Message;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The body of {@code POST /v1/chat/completions}.
 *
 * @param model the model asked for
 * @param chat what to answer and how
 * @param delivery in one piece or in chunks
 * @param functions whether calls are wanted in the form that was before tools
 * @param ignored fields that nothing here knows
 */
public record ChatCompletionRequest(
    String model,
    ChatRequest chat,
    StreamFields delivery,
    boolean functions,
    List<String> ignored) {
  private static final int MAX_CHOICES = 128;
  private static final int MAX_TOP_LOGPROBS = 20;

  /** Copies the list. */
  public ChatCompletionRequest {
    ignored = List.copyOf(ignored);
  }

  /**
   * Checks and reads everything.
   *
   * @param standard how to sample where {@code body} does not say
   * @throws InvalidFieldException naming the first field at fault
   */
  public static ChatCompletionRequest read(Json body, SamplingParams standard)
      throws InvalidFieldException {
    Fields fields = CommonFields.root(body);
    String model = fields.string("model");
    List<Message> messages = MessageFields.read(fields);
    SamplingParams sampling = SamplingFields.read(fields, standard);
    StreamFields delivery = StreamFields.read(fields);
    ChatRequest chat =
        new ChatRequest(
            messages,
            Optional.of(sampling),
            maxTokens(fields),
            (int) fields.findInteger("n", 1, MAX_CHOICES).orElse(1),
            CommonFields.stop(fields),
            CommonFields.seed(fields),
            topLogprobs(fields),
            fields.bool("ignore_eos", false),
            CacheScope.COMMON,
            FormatFields.read(fields),
            ToolFields.read(fields),
            OtherFields.effort(fields));
    OtherFields.check(fields);
    return new ChatCompletionRequest(
        model, chat, delivery, fields.has("functions"), OtherFields.unknown(fields));
  }

  private static OptionalInt maxTokens(Fields fields) throws InvalidFieldException {
    OptionalLong old = fields.findInteger("max_tokens", 1, Integer.MAX_VALUE);
    OptionalLong max = fields.findInteger("max_completion_tokens", 1, Integer.MAX_VALUE);
    if (old.isPresent() && max.isPresent() && old.getAsLong() != max.getAsLong()) {
      throw new InvalidFieldException(
          "max_tokens",
          Code.INVALID_VALUE,
          "Setting 'max_tokens' and 'max_completion_tokens' to different values is not possible.");
    }
    OptionalLong either = max.isPresent() ? max : old;
    return either.isPresent() ? OptionalInt.of((int) either.getAsLong()) : OptionalInt.empty();
  }

  private static OptionalInt topLogprobs(Fields fields) throws InvalidFieldException {
    boolean logprobs = fields.bool("logprobs", false);
    OptionalLong top = fields.findInteger("top_logprobs", 0, MAX_TOP_LOGPROBS);
    if (top.isPresent() && !logprobs) {
      throw new InvalidFieldException(
          "top_logprobs",
          Code.CONTRADICTION,
          "The 'top_logprobs' parameter is only allowed when 'logprobs' is enabled.");
    }
    return logprobs ? OptionalInt.of((int) top.orElse(0)) : OptionalInt.empty();
  }
}
