package ai.kolm.server.wire;

import ai.kolm.chat.ChatResponse;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * The answer to a chat completion, in one piece.
 *
 * @param identity id, time and model
 * @param response what was generated
 * @param logprobs whether log-probabilities were asked for
 */
public record ChatCompletion(CompletionIdentity identity, ChatResponse response, boolean logprobs)
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
    out.writeEndObject();
    if (logprobs) {
      CompletionIdentity.writeLogprobs(out, choice.logprobs());
    } else {
      out.writeNullField("logprobs");
    }
    out.writeStringField("finish_reason", CompletionIdentity.word(choice.finishReason()));
    out.writeEndObject();
  }
}
