package ai.kolm.server.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Optional;

/**
 * A model that can be asked.
 *
 * @param id its name in requests
 * @param created Unix time in seconds
 * @param artifact what kolm knows of it besides; absent: it is no artifact
 */
public record ModelObject(String id, long created, Optional<Artifact> artifact)
    implements WireObject {

  /**
   * The artifact that a model is in.
   *
   * @param cid its content identifier
   * @param productionReady whether a trusted evaluation of it says that it passed
   */
  public record Artifact(String cid, boolean productionReady) {}

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("id", id);
    out.writeStringField("object", "model");
    out.writeNumberField("created", created);
    out.writeStringField("owned_by", "kolm");
    if (artifact.isPresent()) {
      out.writeObjectFieldStart("kolm");
      out.writeStringField("cid", artifact.get().cid());
      out.writeBooleanField("production_ready", artifact.get().productionReady());
      out.writeEndObject();
    }
    out.writeEndObject();
  }
}
