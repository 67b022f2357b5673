package ai.kolm.server.wire;

import ai.kolm.chat.ChatRequest;
import ai.kolm.engine.CacheScope;
import ai.kolm.json.Json;
import ai.kolm.prompt.Message;
import ai.kolm.sampling.SamplingParams;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * The body of {@code POST /v1/chat/completions}.
 *
 * @param model the model asked for
 * @param chat what to answer and how
 * @param stream whether the answer is wanted in chunks
 * @param includeUsage whether a last chunk tells the tokens counted
 * @param includeObfuscation whether chunks are padded, so that their lengths tell less
 * @param functions whether calls are wanted in the form that was before tools
 * @param ignored fields that nothing here knows
 */
public record ChatCompletionRequest(
    String model,
    ChatRequest chat,
    boolean stream,
    boolean includeUsage,
    boolean includeObfuscation,
    boolean functions,
    List<String> ignored) {
  private static final int MAX_FIELDS = 256;
  private static final int MAX_CHOICES = 128;
  private static final int MAX_STOPS = 4;
  private static final int MAX_TOP_LOGPROBS = 20;

  /** Copies the list. */
  public ChatCompletionRequest {
    ignored = List.copyOf(ignored);
  }

  /** The model that {@code body} asks for; read first, so that the model can be looked up first. */
  public static String model(Json body) throws InvalidFieldException {
    return fields(body).string("model");
  }

  /**
   * Checks and reads everything.
   *
   * @param standard how to sample where {@code body} does not say
   * @throws InvalidFieldException naming the first field at fault
   */
  public static ChatCompletionRequest read(Json body, SamplingParams standard)
      throws InvalidFieldException {
    Fields fields = fields(body);
    String model = fields.string("model");
    List<Message> messages = MessageFields.read(fields);
    SamplingParams sampling = SamplingFields.read(fields, standard);
    boolean stream = fields.bool("stream", false);
    Fields streamOptions = streamOptions(fields, stream);
    ChatRequest chat =
        new ChatRequest(
            messages,
            Optional.of(sampling),
            maxTokens(fields),
            (int) fields.findInteger("n", 1, MAX_CHOICES).orElse(1),
            stop(fields),
            seed(fields),
            topLogprobs(fields),
            fields.bool("ignore_eos", false),
            CacheScope.COMMON,
            FormatFields.read(fields),
            ToolFields.read(fields));
    OtherFields.check(fields);
    return new ChatCompletionRequest(
        model,
        chat,
        stream,
        streamOptions.bool("include_usage", false),
        streamOptions.bool("include_obfuscation", false),
        fields.has("functions"),
        OtherFields.unknown(fields));
  }

  private static Fields fields(Json body) throws InvalidFieldException {
    if (!(body instanceof Json.Obj object)) {
      throw new InvalidFieldException(
          null,
          Code.CONTRADICTION,
          "The body of the request must be a JSON object, but it is %s.".formatted(body.kind()));
    }
    if (object.members().size() > MAX_FIELDS) {
      throw new InvalidFieldException(
          null,
          Code.CONTRADICTION,
          "The body of the request has %d fields, at most %d are allowed."
              .formatted(object.members().size(), MAX_FIELDS));
    }
    return Fields.root(object);
  }

  private static Fields streamOptions(Fields fields, boolean stream) throws InvalidFieldException {
    Fields options = fields.findObject("stream_options");
    if (options != null && !stream) {
      throw new InvalidFieldException(
          "stream_options",
          Code.CONTRADICTION,
          "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    }
    return options == null ? Fields.root(new Json.Obj(Map.of())) : options;
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

  private static OptionalLong seed(Fields fields) throws InvalidFieldException {
    return fields.findInteger("seed", Long.MIN_VALUE, Long.MAX_VALUE);
  }

  private static List<String> stop(Fields fields) throws InvalidFieldException {
    List<String> stops = new ArrayList<>();
    switch (fields.find("stop")) {
      case null -> {}
      case Json.Str one -> stops.add(nonEmpty(one.value(), "stop"));
      case Json.Arr array -> {
        for (Json item : Fields.sized(array.items(), "stop", MAX_STOPS)) {
          String at = "stop[%d]".formatted(stops.size());
          stops.add(nonEmpty(Fields.stringOf(item, at), at));
        }
      }
      case Json other -> throw Fields.wrongKind("stop", "a string or an array of strings", other);
    }
    return stops;
  }

  private static String nonEmpty(String stop, String at) throws InvalidFieldException {
    if (stop.isEmpty()) {
      throw new InvalidFieldException(
          at,
          Code.STRING_BELOW_MIN_LENGTH,
          "Invalid '%s': empty string. Expected a string with minimum length 1.".formatted(at));
    }
    return stop;
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
