package ai.kolm.server.wire;

import ai.kolm.chat.TokenLogprob;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;

/** An item of a response's output. Its id is its own; that of a call names the call. */
public sealed interface ResponseItem {

  /** What can be said about an item. */
  enum State {
    IN_PROGRESS,
    COMPLETED,
    /** Cut at the limit of tokens. */
    INCOMPLETE;

    String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** Its id. */
  String id();

  /** Writes the item, braces included. */
  void write(JsonGenerator out, State state) throws IOException;

  /** A text; its one part is written only when there is something of it. */
  record Text(String id, String text, List<TokenLogprob> logprobs) implements ResponseItem {
    /** Copies the list. */
    public Text {
      logprobs = List.copyOf(logprobs);
    }

    @Override
    public void write(JsonGenerator out, State state) throws IOException {
      out.writeStartObject();
      out.writeStringField("id", id);
      out.writeStringField("type", "message");
      out.writeStringField("role", "assistant");
      out.writeStringField("status", state.word());
      out.writeArrayFieldStart("content");
      if (state != State.IN_PROGRESS) {
        writePart(out);
      }
      out.writeEndArray();
      out.writeEndObject();
    }

    /** The part that holds the text. */
    void writePart(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("type", "output_text");
      out.writeStringField("text", text);
      out.writeArrayFieldStart("annotations");
      out.writeEndArray();
      writeLogprobs(out, logprobs);
      out.writeEndObject();
    }

    /** The member {@code logprobs}. */
    static void writeLogprobs(JsonGenerator out, List<TokenLogprob> tokens) throws IOException {
      out.writeArrayFieldStart("logprobs");
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
    }

    private static void writeToken(JsonGenerator out, String text, byte[] bytes, double logprob)
        throws IOException {
      out.writeStringField("token", text);
      out.writeNumberField(
          "logprob", Double.isFinite(logprob) ? logprob : CompletionIdentity.OUTSIDE_RANGE);
      out.writeArrayFieldStart("bytes");
      for (byte b : bytes) {
        out.writeNumber(Byte.toUnsignedInt(b));
      }
      out.writeEndArray();
    }
  }

  /** A call of a function. */
  record Call(String id, String callId, String name, String arguments) implements ResponseItem {
    @Override
    public void write(JsonGenerator out, State state) throws IOException {
      out.writeStartObject();
      out.writeStringField("id", id);
      out.writeStringField("type", "function_call");
      out.writeStringField("status", state.word());
      out.writeStringField("call_id", callId);
      out.writeStringField("name", name);
      out.writeStringField("arguments", arguments);
      out.writeEndObject();
    }
  }

  /** What the model thought. */
  record Thoughts(String id, String text) implements ResponseItem {
    @Override
    public void write(JsonGenerator out, State state) throws IOException {
      out.writeStartObject();
      out.writeStringField("id", id);
      out.writeStringField("type", "reasoning");
      out.writeStringField("status", state.word());
      out.writeArrayFieldStart("summary");
      out.writeEndArray();
      out.writeArrayFieldStart("content");
      if (state != State.IN_PROGRESS) {
        writePart(out);
      }
      out.writeEndArray();
      out.writeEndObject();
    }

    /** The part that holds the text. */
    void writePart(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("type", "reasoning_text");
      out.writeStringField("text", text);
      out.writeEndObject();
    }
  }
}
