package ai.kolm.server.wire;

import ai.kolm.chat.Usage;
import ai.kolm.json.Json;
import ai.kolm.json.JsonText;
import ai.kolm.sampling.SamplingParams;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A response: what was asked for, as it was understood, and the output so far.
 *
 * @param identity id, time and model
 * @param request what is answered
 * @param status how far it is
 * @param output the items
 * @param usage the account, when there is one
 * @param failure why it failed, if it did
 */
public record ResponseBody(
    CompletionIdentity identity,
    ResponseRequest request,
    Status status,
    List<ResponseItem> output,
    @Nullable Usage usage,
    @Nullable ApiError failure)
    implements WireObject {

  /** How far a response is. */
  public enum Status {
    IN_PROGRESS,
    COMPLETED,
    /** Cut at the limit of tokens. */
    INCOMPLETE,
    FAILED;

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Copies the list. */
  public ResponseBody {
    output = List.copyOf(output);
  }

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("id", identity.id());
    out.writeStringField("object", "response");
    out.writeNumberField("created_at", identity.created());
    out.writeStringField("status", status.word());
    out.writeBooleanField("background", false);
    writeFailure(out);
    writeIncomplete(out);
    writeJson(out, "instructions", request.echo().instructions());
    writeMaxTokens(out);
    out.writeNullField("max_tool_calls");
    out.writeStringField("model", identity.model());
    writeOutput(out);
    out.writeBooleanField("parallel_tool_calls", request.chat().tools().parallel());
    out.writeNullField("previous_response_id");
    writeReasoning(out);
    out.writeStringField("service_tier", "default");
    out.writeBooleanField("store", false);
    SamplingParams sampling = request.chat().sampling().orElse(SamplingParams.DEFAULT);
    out.writeNumberField("temperature", sampling.temperature());
    writeText(out);
    writeJson(out, "tool_choice", request.echo().toolChoice());
    writeJson(out, "tools", new Json.Arr(request.echo().tools()));
    out.writeNumberField("top_logprobs", request.chat().topLogprobs().orElse(0));
    out.writeNumberField("top_p", sampling.topP());
    out.writeStringField("truncation", "disabled");
    writeUsage(out);
    writeJson(out, "metadata", request.echo().metadata());
    out.writeEndObject();
  }

  static void writeJson(JsonGenerator out, String name, Json value) throws IOException {
    out.writeFieldName(name);
    out.writeRawValue(JsonText.of(value));
  }

  private void writeMaxTokens(JsonGenerator out) throws IOException {
    if (request.chat().maxTokens().isPresent()) {
      out.writeNumberField("max_output_tokens", request.chat().maxTokens().getAsInt());
    } else {
      out.writeNullField("max_output_tokens");
    }
  }

  private void writeFailure(JsonGenerator out) throws IOException {
    if (failure == null) {
      out.writeNullField("error");
      return;
    }
    out.writeObjectFieldStart("error");
    // The description knows few codes; what is the client's fault is refused before a response.
    out.writeStringField(
        "code",
        failure.type().equals(ApiError.RATE_LIMIT) ? "rate_limit_exceeded" : "server_error");
    out.writeStringField("message", failure.message());
    out.writeEndObject();
  }

  private void writeIncomplete(JsonGenerator out) throws IOException {
    if (status != Status.INCOMPLETE) {
      out.writeNullField("incomplete_details");
      return;
    }
    out.writeObjectFieldStart("incomplete_details");
    out.writeStringField("reason", "max_output_tokens");
    out.writeEndObject();
  }

  private void writeOutput(JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("output");
    for (int i = 0; i < output.size(); i++) {
      boolean last = i == output.size() - 1;
      output
          .get(i)
          .write(
              out,
              last && status == Status.INCOMPLETE
                  ? ResponseItem.State.INCOMPLETE
                  : ResponseItem.State.COMPLETED);
    }
    out.writeEndArray();
  }

  private void writeReasoning(JsonGenerator out) throws IOException {
    out.writeObjectFieldStart("reasoning");
    out.writeStringField("effort", request.echo().effort()); // or null
    out.writeNullField("summary");
    out.writeEndObject();
  }

  private void writeText(JsonGenerator out) throws IOException {
    out.writeObjectFieldStart("text");
    writeJson(out, "format", request.echo().format());
    out.writeEndObject();
  }

  private void writeUsage(JsonGenerator out) throws IOException {
    if (usage == null) {
      return; // the description has no null here
    }
    out.writeObjectFieldStart("usage");
    out.writeNumberField("input_tokens", usage.promptTokens());
    out.writeObjectFieldStart("input_tokens_details");
    out.writeNumberField("cached_tokens", usage.cachedTokens());
    out.writeNumberField("cache_write_tokens", 0);
    out.writeEndObject();
    out.writeNumberField("output_tokens", usage.completionTokens());
    out.writeObjectFieldStart("output_tokens_details");
    out.writeNumberField("reasoning_tokens", usage.reasoningTokens());
    out.writeEndObject();
    out.writeNumberField("total_tokens", usage.totalTokens());
    out.writeEndObject();
  }
}
