package ai.kolm.server.wire;

import ai.kolm.chat.FinishReason;
import ai.kolm.chat.TokenLogprob;
import ai.kolm.chat.Usage;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.UUID;

/**
 * What an answer and all of its chunks have in common.
 *
 * @param id {@code chatcmpl-}, {@code cmpl-} or {@code resp_}, and more
 * @param created Unix time in seconds
 * @param model the model that answers
 * @param fingerprint of everything that decides which tokens a seed gives
 */
public record CompletionIdentity(String id, long created, String model, String fingerprint) {

  /** Stands for a probability too small for a number. */
  static final double OUTSIDE_RANGE = -9999.0;

  void write(JsonGenerator out, String object) throws IOException {
    out.writeStringField("id", id);
    out.writeStringField("object", object);
    out.writeNumberField("created", created);
    out.writeStringField("model", model);
    out.writeStringField("service_tier", "default");
    out.writeStringField("system_fingerprint", fingerprint);
  }

  static String word(FinishReason reason, boolean functions) {
    return switch (reason) {
      case STOP -> "stop";
      case LENGTH -> "length";
      case TOOL_CALLS -> functions ? "function_call" : "tool_calls";
      // An answer that was cut off is never sent as complete.
      case CANCELLED -> throw new IllegalArgumentException("a cancelled answer has no wire form");
    };
  }

  /**
   * The identity of a new answer.
   *
   * @param prefix of the id
   */
  public static CompletionIdentity next(
      String prefix, long created, String model, String fingerprint) {
    String id = prefix + UUID.randomUUID().toString().replace("-", "");
    return new CompletionIdentity(id, created, model, fingerprint);
  }

  static void writeUsage(JsonGenerator out, Usage usage) throws IOException {
    out.writeObjectFieldStart("usage");
    out.writeNumberField("prompt_tokens", usage.promptTokens());
    out.writeNumberField("completion_tokens", usage.completionTokens());
    out.writeNumberField("total_tokens", usage.totalTokens());
    out.writeObjectFieldStart("prompt_tokens_details");
    out.writeNumberField("cached_tokens", usage.cachedTokens());
    out.writeNumberField("audio_tokens", 0);
    out.writeEndObject();
    out.writeObjectFieldStart("completion_tokens_details");
    out.writeNumberField("reasoning_tokens", usage.reasoningTokens());
    out.writeNumberField("audio_tokens", 0);
    out.writeNumberField("accepted_prediction_tokens", 0);
    out.writeNumberField("rejected_prediction_tokens", 0);
    out.writeEndObject();
    out.writeEndObject();
  }

  /** The member {@code logprobs} with its entries. */
  static void writeLogprobs(JsonGenerator out, List<TokenLogprob> tokens) throws IOException {
    out.writeObjectFieldStart("logprobs");
    out.writeArrayFieldStart("content");
    for (TokenLogprob token : tokens) {
      out.writeStartObject();
      writeToken(out, token.text(), token.bytes(), token.logprob());
      out.writeArrayFieldStart("top_logprobs");
      for (TokenLogprob.Alternative other : token.top()) {
        out.writeStartObject();
        writeToken(out, other.text(), other.bytes(), other.logprob());
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeNullField("refusal");
    out.writeEndObject();
  }

  private static void writeToken(JsonGenerator out, String text, byte[] bytes, double logprob)
      throws IOException {
    out.writeStringField("token", text);
    out.writeNumberField("logprob", Double.isFinite(logprob) ? logprob : OUTSIDE_RANGE);
    if (bytes.length == 0) {
      out.writeNullField("bytes");
      return;
    }
    out.writeArrayFieldStart("bytes");
    for (byte b : bytes) {
      out.writeNumber(Byte.toUnsignedInt(b));
    }
    out.writeEndArray();
  }
}
