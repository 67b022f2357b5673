package ai.kolm.server.wire;

import ai.kolm.chat.ReasoningEffort;
import ai.kolm.json.Json;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The fields of a chat completion that do not steer generation here: those that are checked and
 * have no effect, those that would change the answer and are refused, and those that are unknown.
 */
final class OtherFields {
  private static final int MAX_USER = 512;
  private static final int MAX_SAFETY_IDENTIFIER = 64;
  private static final int MAX_CACHE_KEY = 1024;
  private static final int MAX_PAIRS = 16;
  private static final int MAX_KEY = 64;
  private static final int MAX_VALUE = 512;

  /** Fields that are honoured: {@link ChatCompletionRequest} and its parts read them. */
  private static final Set<String> HONOURED =
      Set.of(
          "frequency_penalty",
          "function_call",
          "functions",
          "ignore_eos",
          "logit_bias",
          "logprobs",
          "max_completion_tokens",
          "max_tokens",
          "messages",
          "min_p",
          "model",
          "n",
          "parallel_tool_calls",
          "presence_penalty",
          "reasoning_effort",
          "repetition_penalty",
          "response_format",
          "seed",
          "stop",
          "stream",
          "stream_options",
          "temperature",
          "tool_choice",
          "tools",
          "top_k",
          "top_logprobs",
          "top_p",
          "typical_p");

  /** Fields that would change the answer, and cannot. */
  private static final List<String> UNSUPPORTED = List.of("web_search_options", "moderation");

  /** Words that a field may have, none of them with an effect here. */
  private static final Map<String, List<String>> WORDS =
      Map.of(
          "prompt_cache_retention",
          List.of("in_memory", "24h"),
          "service_tier",
          List.of("auto", "default", "flex", "scale", "priority", "fast"),
          "verbosity",
          List.of("low", "medium", "high"));

  private static final Set<String> CHECKED =
      Set.of(
          "audio",
          "metadata",
          "modalities",
          "prediction",
          "prompt_cache_key",
          "prompt_cache_options",
          "safety_identifier",
          "store",
          "user");

  private OtherFields() {}

  /** How hard to think, where the request says so. */
  static Optional<ReasoningEffort> effort(Fields fields) throws InvalidFieldException {
    return Optional.ofNullable(fields.findWord("reasoning_effort", ReasoningEffort.WORDS))
        .map(ReasoningEffort::of);
  }

  /** The fields that nothing here knows, in the order of the request. */
  static List<String> unknown(Fields fields) {
    return fields.names().stream()
        .filter(name -> !HONOURED.contains(name) && !CHECKED.contains(name))
        .filter(name -> !UNSUPPORTED.contains(name) && !WORDS.containsKey(name))
        .toList();
  }

  static void check(Fields fields) throws InvalidFieldException {
    CommonFields.refuse(fields, UNSUPPORTED);
    checkAccount(fields);
    checkFormats(fields);
    fields.bool("store", false);
    checkMetadata(fields);
  }

  /** Who asks, and what the cloud would do about it. */
  static void checkAccount(Fields fields) throws InvalidFieldException {
    for (Map.Entry<String, List<String>> field : WORDS.entrySet()) {
      fields.findWord(field.getKey(), field.getValue());
    }
    fields.findString("user", MAX_USER);
    fields.findString("safety_identifier", MAX_SAFETY_IDENTIFIER);
    fields.findString("prompt_cache_key", MAX_CACHE_KEY);
    fields.findObject("prompt_cache_options");
  }

  private static void checkFormats(Fields fields) throws InvalidFieldException {
    List<Json> modalities = fields.findArray("modalities", 2);
    for (int i = 0; modalities != null && i < modalities.size(); i++) {
      String at = "modalities[%d]".formatted(i);
      String modality = Fields.stringOf(modalities.get(i), at);
      if (modality.equals("audio")) {
        throw unsupported("modalities", "only 'text'");
      }
      if (!modality.equals("text")) {
        throw Fields.invalidWord(at, modality, List.of("text", "audio"));
      }
    }
    fields.findObject("audio");
    checkPrediction(fields);
  }

  private static void checkPrediction(Fields fields) throws InvalidFieldException {
    Fields prediction = fields.findObject("prediction");
    if (prediction != null) {
      String type = prediction.string("type");
      if (!type.equals("content")) {
        throw Fields.invalidWord(prediction.at("type"), type, List.of("content"));
      }
      MessageFields.content(prediction);
    }
  }

  static void checkMetadata(Fields fields) throws InvalidFieldException {
    Fields metadata = fields.findObject("metadata");
    if (metadata == null) {
      return;
    }
    if (metadata.names().size() > MAX_PAIRS) {
      throw new InvalidFieldException(
          "metadata",
          Code.INVALID_VALUE,
          "Invalid 'metadata': at most %d pairs, got %d."
              .formatted(MAX_PAIRS, metadata.names().size()));
    }
    for (String key : metadata.names()) {
      if (key.length() > MAX_KEY) {
        throw new InvalidFieldException(
            "metadata",
            Code.STRING_ABOVE_MAX_LENGTH,
            "Invalid 'metadata': a key has %d characters, at most %d are allowed."
                .formatted(key.length(), MAX_KEY));
      }
      if (metadata.findString(key, MAX_VALUE) == null) {
        throw Fields.wrongKind(metadata.at(key), "a string", new Json.Null());
      }
    }
  }

  private static InvalidFieldException unsupported(String at, String what) {
    return new InvalidFieldException(
        at,
        Code.UNSUPPORTED_VALUE,
        "Unsupported value: this server supports %s for '%s'.".formatted(what, at));
  }
}
