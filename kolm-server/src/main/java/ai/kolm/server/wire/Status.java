package ai.kolm.server.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/** The answer of a health check: one word. */
public record Status(String status) implements WireObject {

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("status", status);
    out.writeEndObject();
  }
}
