package ai.kolm.server.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * A model that can be asked.
 *
 * @param id its name in requests
 * @param created Unix time in seconds
 */
public record ModelObject(String id, long created) implements WireObject {

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("id", id);
    out.writeStringField("object", "model");
    out.writeNumberField("created", created);
    out.writeStringField("owned_by", "kolm");
    out.writeEndObject();
  }
}
