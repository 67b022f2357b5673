package ai.kolm.server.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;

/**
 * Vectors, in the order of their inputs.
 *
 * @param model the model that made them
 * @param vectors each (dimensions)
 * @param tokens of all inputs
 * @param base64 whether they are written as base64 of little-endian 32-bit floats
 */
public record EmbeddingList(String model, List<float[]> vectors, int tokens, boolean base64)
    implements WireObject {
  /** Copies the list. */
  public EmbeddingList {
    vectors = List.copyOf(vectors);
  }

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("object", "list");
    out.writeArrayFieldStart("data");
    for (int i = 0; i < vectors.size(); i++) {
      out.writeStartObject();
      out.writeStringField("object", "embedding");
      out.writeNumberField("index", i);
      out.writeFieldName("embedding");
      write(out, vectors.get(i));
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeStringField("model", model);
    out.writeObjectFieldStart("usage");
    out.writeNumberField("prompt_tokens", tokens);
    out.writeNumberField("total_tokens", tokens);
    out.writeEndObject();
    out.writeEndObject();
  }

  private void write(JsonGenerator out, float[] vector) throws IOException {
    if (base64) {
      out.writeString(Base64.getEncoder().encodeToString(bytes(vector)));
      return;
    }
    out.writeStartArray();
    for (float value : vector) {
      out.writeNumber(value);
    }
    out.writeEndArray();
  }

  /** The vector as little-endian 32-bit floats. */
  public static byte[] bytes(float[] vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(vector.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return bytes.array();
  }
}
