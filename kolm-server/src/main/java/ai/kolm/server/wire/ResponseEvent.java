package ai.kolm.server.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/**
 * An event of a streamed response.
 *
 * @param type its name
 * @param sequence its number in the stream, from 0
 * @param members writes what it says
 */
public record ResponseEvent(String type, int sequence, Members members) implements WireObject {

  /** What an event says beside its name and number. */
  @FunctionalInterface
  public interface Members {
    /** Writes the members. */
    void write(JsonGenerator out) throws IOException;
  }

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("type", type);
    out.writeNumberField("sequence_number", sequence);
    members.write(out);
    out.writeEndObject();
  }
}
