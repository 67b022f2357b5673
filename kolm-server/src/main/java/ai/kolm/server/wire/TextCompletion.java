package ai.kolm.server.wire;

import ai.kolm.chat.ChatResponse;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * The continuations of texts, in one piece.
 *
 * @param identity id, time and model
 * @param response what was generated
 * @param logprobs whether log-probabilities were asked for
 */
public record TextCompletion(CompletionIdentity identity, ChatResponse response, boolean logprobs)
    implements WireObject {
  static final String OBJECT = "text_completion";

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    identity.write(out, OBJECT);
    out.writeArrayFieldStart("choices");
    for (ChatResponse.Choice choice : response.choices()) {
      out.writeStartObject();
      out.writeStringField("text", choice.message().content());
      out.writeNumberField("index", choice.index());
      if (logprobs) {
        TextLogprobs.write(out, choice.logprobs(), 0);
      } else {
        out.writeNullField("logprobs");
      }
      out.writeStringField("finish_reason", CompletionIdentity.word(choice.finishReason(), false));
      out.writeEndObject();
    }
    out.writeEndArray();
    CompletionIdentity.writeUsage(out, response.usage());
    out.writeEndObject();
  }
}
