package ai.kolm.server.wire;

import ai.kolm.chat.ChatResponse;
import ai.kolm.prompt.ToolCall;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;

/**
 * The answer to a chat completion, in one piece.
 *
 * @param identity id, time and model
 * @param response what was generated
 * @param logprobs whether log-probabilities were asked for
 * @param functions whether calls are wanted in the form that was before tools
 */
public record ChatCompletion(
    CompletionIdentity identity, ChatResponse response, boolean logprobs, boolean functions)
    implements WireObject {

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    identity.write(out, "chat.completion");
    out.writeArrayFieldStart("choices");
    for (ChatResponse.Choice choice : response.choices()) {
      writeChoice(out, choice);
    }
    out.writeEndArray();
    CompletionIdentity.writeUsage(out, response.usage());
    out.writeEndObject();
  }

  private void writeChoice(JsonGenerator out, ChatResponse.Choice choice) throws IOException {
    out.writeStartObject();
    out.writeNumberField("index", choice.index());
    out.writeObjectFieldStart("message");
    out.writeStringField("role", "assistant");
    out.writeStringField("content", choice.message().content());
    out.writeNullField("refusal");
    out.writeArrayFieldStart("annotations");
    out.writeEndArray();
    if (choice.message().reasoning() != null) {
      out.writeStringField("reasoning_content", choice.message().reasoning());
    }
    writeCalls(out, choice.message().toolCalls());
    out.writeEndObject();
    if (logprobs) {
      CompletionIdentity.writeLogprobs(out, choice.logprobs());
    } else {
      out.writeNullField("logprobs");
    }
    out.writeStringField(
        "finish_reason", CompletionIdentity.word(choice.finishReason(), functions));
    out.writeEndObject();
  }

  private void writeCalls(JsonGenerator out, List<ToolCall> calls) throws IOException {
    if (calls.isEmpty()) {
      return;
    }
    if (functions) {
      out.writeObjectFieldStart("function_call");
      writeFunction(out, calls.getFirst());
      return;
    }
    out.writeArrayFieldStart("tool_calls");
    for (ToolCall call : calls) {
      out.writeStartObject();
      out.writeStringField("id", call.id());
      String type = call.custom() ? "custom" : "function";
      out.writeStringField("type", type);
      out.writeObjectFieldStart(type);
      writeFunction(out, call);
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void writeFunction(JsonGenerator out, ToolCall call) throws IOException {
    out.writeStringField("name", call.name());
    out.writeStringField(call.custom() ? "input" : "arguments", call.arguments());
    out.writeEndObject();
  }
}
