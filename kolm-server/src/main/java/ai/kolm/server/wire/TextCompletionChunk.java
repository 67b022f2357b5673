package ai.kolm.server.wire;

import ai.kolm.chat.ChatChunk;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * A piece of streamed continuations.
 *
 * @param identity id, time and model, the same in all chunks of a stream
 * @param chunk what to say: a text, an end or the account
 * @param logprobs where log-probabilities are wanted, the offsets at which the texts of the choices
 *     go on, which writing moves; else empty
 * @param includeUsage whether the stream tells its usage: all chunks but the last say null then
 */
public record TextCompletionChunk(
    CompletionIdentity identity, ChatChunk chunk, int[] logprobs, boolean includeUsage)
    implements WireObject {

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    identity.write(out, TextCompletion.OBJECT);
    out.writeArrayFieldStart("choices");
    switch (chunk) {
      case ChatChunk.Text text -> writeText(out, text);
      case ChatChunk.End end -> writeEnd(out, end);
      case ChatChunk.Done _ -> {}
      default -> throw new IllegalArgumentException("texts have no " + chunk);
    }
    out.writeEndArray();
    if (chunk instanceof ChatChunk.Done done) {
      CompletionIdentity.writeUsage(out, done.usage());
    } else if (includeUsage) {
      out.writeNullField("usage");
    }
    out.writeEndObject();
  }

  private void writeText(JsonGenerator out, ChatChunk.Text text) throws IOException {
    out.writeStartObject();
    out.writeStringField("text", text.text());
    out.writeNumberField("index", text.choice());
    if (logprobs.length > 0) {
      logprobs[text.choice()] = TextLogprobs.write(out, text.logprobs(), logprobs[text.choice()]);
    } else {
      out.writeNullField("logprobs");
    }
    out.writeNullField("finish_reason");
    out.writeEndObject();
  }

  private static void writeEnd(JsonGenerator out, ChatChunk.End end) throws IOException {
    out.writeStartObject();
    out.writeStringField("text", "");
    out.writeNumberField("index", end.choice());
    out.writeNullField("logprobs");
    out.writeStringField("finish_reason", CompletionIdentity.word(end.reason(), false));
    out.writeEndObject();
  }
}
