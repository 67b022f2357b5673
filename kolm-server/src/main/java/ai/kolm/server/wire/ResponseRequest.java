package ai.kolm.server.wire;

import ai.kolm.chat.ChatRequest;
import ai.kolm.chat.ReasoningEffort;
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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/responses}: what does not need a server that keeps things.
 *
 * @param chat what to answer and how
 * @param stream whether the answer is wanted as events
 * @param echo the fields that a response repeats
 * @param paths how the fields of tools and format are called in this request
 * @param ignored fields that nothing here knows, and tools that only the cloud has
 */
public record ResponseRequest(
    ChatRequest chat, boolean stream, Echo echo, ResponsePaths paths, List<String> ignored) {
  private static final int MIN_TOKENS = 16;
  private static final int MAX_TOP_LOGPROBS = 20;
  private static final String WITH_LOGPROBS = "message.output_text.logprobs";

  private static final Set<String> KNOWN =
      Set.of(
          "background",
          "conversation",
          "include",
          "input",
          "instructions",
          "logit_bias",
          "max_output_tokens",
          "max_tool_calls",
          "metadata",
          "min_p",
          "model",
          "parallel_tool_calls",
          "previous_response_id",
          "prompt",
          "prompt_cache_key",
          "prompt_cache_options",
          "prompt_cache_retention",
          "reasoning",
          "repetition_penalty",
          "safety_identifier",
          "seed",
          "service_tier",
          "store",
          "stream",
          "stream_options",
          "temperature",
          "text",
          "tool_choice",
          "tools",
          "top_k",
          "top_logprobs",
          "top_p",
          "truncation",
          "typical_p",
          "user");

  /**
   * Fields that a response repeats.
   *
   * @param instructions as they were sent, or null
   * @param format of the text
   * @param toolChoice as it was sent, or its default
   * @param tools that the model may call
   * @param metadata as it was sent
   * @param effort how hard to think, if that was said
   */
  public record Echo(
      Json instructions,
      Json format,
      Json toolChoice,
      List<Json> tools,
      Json metadata,
      @Nullable String effort) {
    /** Copies the list. */
    public Echo {
      tools = List.copyOf(tools);
    }
  }

  /** Copies the list. */
  public ResponseRequest {
    ignored = List.copyOf(ignored);
  }

  /**
   * Checks and reads everything.
   *
   * @param standard how to sample where {@code body} does not say
   * @throws InvalidFieldException naming the first field at fault
   */
  public static ResponseRequest read(Json body, SamplingParams standard)
      throws InvalidFieldException {
    Fields fields = CommonFields.root(body);
    fields.string("model");
    refuseState(fields);
    List<Message> messages = ResponseInput.read(fields);
    ResponsePaths paths = ResponsePaths.of(fields);
    boolean stream = fields.bool("stream", false);
    Fields reasoning = fields.findObject("reasoning");
    String effort = reasoning == null ? null : reasoning.findWord("effort", ReasoningEffort.WORDS);
    checkOthers(fields);
    ChatRequest chat;
    try {
      chat =
          new ChatRequest(
              messages,
              Optional.of(SamplingFields.read(fields, standard)),
              maxTokens(fields),
              1,
              List.of(),
              CommonFields.seed(fields),
              topLogprobs(fields),
              false,
              CacheScope.COMMON,
              FormatFields.read(paths.asChat()),
              ToolFields.read(paths.asChat()),
              Optional.ofNullable(effort).map(ReasoningEffort::of));
    } catch (InvalidFieldException e) {
      throw e.at(paths.ofResponse(String.valueOf(e.path())));
    }
    List<String> ignored = new ArrayList<>(CommonFields.unknown(fields, KNOWN));
    ignored.addAll(paths.skipped());
    return new ResponseRequest(chat, stream, echo(fields, paths, effort), paths, ignored);
  }

  private static Echo echo(Fields fields, ResponsePaths paths, @Nullable String effort) {
    return new Echo(
        orElse(fields.find("instructions"), new Json.Null()),
        paths.format(),
        paths.tools().isEmpty()
            ? new Json.Str("auto")
            : orElse(fields.find("tool_choice"), new Json.Str("auto")),
        paths.tools(),
        orElse(fields.find("metadata"), new Json.Obj(Map.of())),
        effort);
  }

  private static Json orElse(@Nullable Json json, Json standard) {
    return json == null ? standard : json;
  }

  /** What needs a server that keeps responses. */
  private static void refuseState(Fields fields) throws InvalidFieldException {
    String previous = fields.findString("previous_response_id");
    if (previous != null) {
      throw new InvalidFieldException(
          "previous_response_id",
          Code.PREVIOUS_RESPONSE_NOT_FOUND,
          "Previous response with id '%s' not found: this server keeps no responses; send the whole conversation as 'input'."
              .formatted(Fields.shortened(previous)));
    }
    CommonFields.refuse(fields, List.of("conversation", "prompt"));
    if (fields.bool("background", false)) {
      throw new InvalidFieldException(
          "background",
          Code.UNSUPPORTED_VALUE,
          "Unsupported value: this server answers in the foreground only.");
    }
  }

  private static OptionalInt maxTokens(Fields fields) throws InvalidFieldException {
    OptionalLong max = fields.findInteger("max_output_tokens", MIN_TOKENS, Integer.MAX_VALUE);
    return max.isPresent() ? OptionalInt.of((int) max.getAsLong()) : OptionalInt.empty();
  }

  private static OptionalInt topLogprobs(Fields fields) throws InvalidFieldException {
    OptionalLong top = fields.findInteger("top_logprobs", 0, MAX_TOP_LOGPROBS);
    boolean asked = false;
    List<Json> include =
        switch (fields.find("include")) {
          case null -> List.of();
          case Json.Arr array -> array.items();
          case Json other -> throw Fields.wrongKind("include", "an array of strings", other);
        };
    for (int i = 0; i < include.size(); i++) {
      asked |= Fields.stringOf(include.get(i), "include[%d]".formatted(i)).equals(WITH_LOGPROBS);
    }
    return asked ? OptionalInt.of((int) top.orElse(0)) : OptionalInt.empty();
  }

  /** Fields that are checked and have no effect. */
  private static void checkOthers(Fields fields) throws InvalidFieldException {
    OtherFields.checkMetadata(fields);
    OtherFields.checkAccount(fields);
    fields.findWord("truncation", List.of("auto", "disabled"));
    fields.bool("store", false);
    fields.findInteger("max_tool_calls", 1, Integer.MAX_VALUE);
    fields.findObject("stream_options");
  }
}
