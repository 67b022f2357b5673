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
 * @param includeUsage whether the stream tells its usage: all chunks but the last say null then
 * @param padding characters that hide the length of the text; {@code null}: none
 */
public record ChatCompletionChunk(
    CompletionIdentity identity,
    ChatChunk chunk,
    boolean logprobs,
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

  private static void writeEnd(JsonGenerator out, ChatChunk.End end) throws IOException {
    startChoice(out, end.choice());
    out.writeEndObject();
    out.writeNullField("logprobs");
    out.writeStringField("finish_reason", CompletionIdentity.word(end.reason()));
    out.writeEndObject();
  }

  /** A choice up to the members of its delta. */
  private static void startChoice(JsonGenerator out, int index) throws IOException {
    out.writeStartObject();
    out.writeNumberField("index", index);
    out.writeObjectFieldStart("delta");
  }
}
