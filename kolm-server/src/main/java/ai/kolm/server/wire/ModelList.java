package ai.kolm.server.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;

/** The models that can be asked. */
public record ModelList(List<ModelObject> models) implements WireObject {
  /** Copies the list. */
  public ModelList {
    models = List.copyOf(models);
  }

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("object", "list");
    out.writeArrayFieldStart("data");
    for (ModelObject model : models) {
      model.write(out);
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
