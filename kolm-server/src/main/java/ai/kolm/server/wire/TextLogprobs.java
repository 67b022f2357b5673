package ai.kolm.server.wire;

import ai.kolm.chat.TokenLogprob;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Log-probabilities as {@code /v1/completions} has them: four lists side by side. A token that is
 * only part of a character is written {@code bytes:\xe2\x82}, so that no two tokens look alike.
 */
final class TextLogprobs {
  private TextLogprobs() {}

  /**
   * Writes the member {@code logprobs}.
   *
   * @param offset where in its text the first token begins, in characters of Unicode
   * @return where the next one begins
   */
  static int write(JsonGenerator out, List<TokenLogprob> tokens, int offset) throws IOException {
    out.writeObjectFieldStart("logprobs");
    out.writeArrayFieldStart("tokens");
    for (TokenLogprob token : tokens) {
      out.writeString(text(token.text(), token.bytes()));
    }
    out.writeEndArray();
    out.writeArrayFieldStart("token_logprobs");
    for (TokenLogprob token : tokens) {
      if (Double.isNaN(token.logprob())) {
        out.writeNull(); // nothing stands before it
      } else {
        out.writeNumber(number(token.logprob()));
      }
    }
    out.writeEndArray();
    out.writeArrayFieldStart("top_logprobs");
    for (TokenLogprob token : tokens) {
      writeTop(out, token);
    }
    out.writeEndArray();
    out.writeArrayFieldStart("text_offset");
    int next = offset;
    for (TokenLogprob token : tokens) {
      out.writeNumber(next);
      next += characters(token.bytes());
    }
    out.writeEndArray();
    out.writeEndObject();
    return next;
  }

  private static void writeTop(JsonGenerator out, TokenLogprob token) throws IOException {
    if (Double.isNaN(token.logprob())) {
      out.writeNull();
      return;
    }
    out.writeStartObject();
    Set<String> names = new HashSet<>();
    for (TokenLogprob.Alternative other : token.top()) {
      String name = text(other.text(), other.bytes());
      if (names.add(name)) { // of tokens with one text, the likelier comes first
        out.writeNumberField(name, number(other.logprob()));
      }
    }
    out.writeEndObject();
  }

  private static double number(double logprob) {
    return Double.isFinite(logprob) ? logprob : CompletionIdentity.OUTSIDE_RANGE;
  }

  private static String text(String text, byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return text;
    } catch (CharacterCodingException e) {
      StringBuilder name = new StringBuilder("bytes:");
      for (byte b : bytes) {
        name.append("\\x%02x".formatted(Byte.toUnsignedInt(b)));
      }
      return name.toString();
    }
  }

  /** The characters that begin in {@code utf8}. */
  private static int characters(byte[] utf8) {
    int count = 0;
    for (byte b : utf8) {
      if ((b & 0xc0) != 0x80) {
        count++;
      }
    }
    return count;
  }
}
