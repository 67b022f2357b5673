package ai.kolm.server.wire;

import ai.kolm.chat.ChatChunk;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A piece of a streamed answer. Role, text and end of a choice each have a chunk of their own; the
 * account comes last, without choices.
 *
 * @param identity id, time and model, the same in all chunks of a stream
 * @param chunk what to say
 * @param logprobs whether log-probabilities were asked for
 * @param functions whether calls are wanted in the form that was before tools
 * @param includeUsage whether the stream tells its usage: all chunks but the last say null then
 * @param padding characters that hide the length of the text; {@code null}: none
 */
public record ChatCompletionChunk(
    CompletionIdentity identity,
    ChatChunk chunk,
    boolean logprobs,
    boolean functions,
    boolean includeUsage,
    @Nullable String padding)
    implements WireObject {

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    identity.write(out, "chat.completion.chunk");
    out.writeArrayFieldStart("choices");
    switch (chunk) {
      case ChatChunk.Start start -> writeStart(out, start);
      case ChatChunk.Text text -> writeText(out, text);
      case ChatChunk.Reasoning thought -> writeReasoning(out, thought);
      case ChatChunk.ToolCallStart call -> writeCall(out, call);
      case ChatChunk.ToolCallArguments more -> writeArguments(out, more);
      case ChatChunk.End end -> writeEnd(out, end);
      case ChatChunk.Done ignored -> {}
    }
    out.writeEndArray();
    if (chunk instanceof ChatChunk.Done done) {
      CompletionIdentity.writeUsage(out, done.usage());
    } else if (includeUsage) {
      out.writeNullField("usage");
    }
    if (padding != null) {
      out.writeStringField("obfuscation", padding);
    }
    out.writeEndObject();
  }

  private static void writeStart(JsonGenerator out, ChatChunk.Start start) throws IOException {
    startChoice(out, start.choice());
    out.writeStringField("role", "assistant");
    out.writeStringField("content", "");
    out.writeNullField("refusal");
    out.writeEndObject();
    out.writeNullField("logprobs");
    out.writeNullField("finish_reason");
    out.writeEndObject();
  }

  private void writeText(JsonGenerator out, ChatChunk.Text text) throws IOException {
    startChoice(out, text.choice());
    out.writeStringField("content", text.text());
    out.writeEndObject();
    if (logprobs) {
      CompletionIdentity.writeLogprobs(out, text.logprobs());
    } else {
      out.writeNullField("logprobs");
    }
    out.writeNullField("finish_reason");
    out.writeEndObject();
  }

  private void writeEnd(JsonGenerator out, ChatChunk.End end) throws IOException {
    startChoice(out, end.choice());
    out.writeEndObject();
    out.writeNullField("logprobs");
    out.writeStringField("finish_reason", CompletionIdentity.word(end.reason(), functions));
    out.writeEndObject();
  }

  private static void writeReasoning(JsonGenerator out, ChatChunk.Reasoning thought)
      throws IOException {
    startChoice(out, thought.choice());
    out.writeStringField("reasoning_content", thought.text());
    out.writeEndObject();
    endUnfinished(out);
  }

  /** Index, id, type and name are said once; clients join what is said twice. */
  private void writeCall(JsonGenerator out, ChatChunk.ToolCallStart call) throws IOException {
    startChoice(out, call.choice());
    if (functions) {
      out.writeObjectFieldStart("function_call");
    } else {
      startCall(out, call.index());
      out.writeStringField("id", call.id());
      out.writeStringField("type", kind(call.custom()));
      out.writeObjectFieldStart(kind(call.custom()));
    }
    out.writeStringField("name", call.name());
    out.writeStringField(content(call.custom()), "");
    endCall(out);
  }

  private void writeArguments(JsonGenerator out, ChatChunk.ToolCallArguments more)
      throws IOException {
    startChoice(out, more.choice());
    if (functions) {
      out.writeObjectFieldStart("function_call");
    } else {
      startCall(out, more.index());
      out.writeObjectFieldStart(kind(more.custom()));
    }
    out.writeStringField(content(more.custom()), more.text());
    endCall(out);
  }

  private static String kind(boolean custom) {
    return custom ? "custom" : "function";
  }

  private static String content(boolean custom) {
    return custom ? "input" : "arguments";
  }

  private static void startCall(JsonGenerator out, int index) throws IOException {
    out.writeArrayFieldStart("tool_calls");
    out.writeStartObject();
    out.writeNumberField("index", index);
  }

  private void endCall(JsonGenerator out) throws IOException {
    out.writeEndObject();
    if (!functions) {
      out.writeEndObject();
      out.writeEndArray();
    }
    out.writeEndObject();
    endUnfinished(out);
  }

  /** A choice from behind its delta, in the middle of an answer. */
  private static void endUnfinished(JsonGenerator out) throws IOException {
    out.writeNullField("logprobs");
    out.writeNullField("finish_reason");
    out.writeEndObject();
  }

  /** A choice up to the members of its delta. */
  private static void startChoice(JsonGenerator out, int index) throws IOException {
    out.writeStartObject();
    out.writeNumberField("index", index);
    out.writeObjectFieldStart("delta");
  }
}
