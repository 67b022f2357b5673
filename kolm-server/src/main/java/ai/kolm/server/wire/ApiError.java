package ai.kolm.server.wire;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The error object; all four members are always sent.
 *
 * @param message for people
 * @param type the family, such as {@link #INVALID_REQUEST}
 * @param param the field at fault, as a path like {@code messages[0].role}
 * @param code for programs, such as {@code model_not_found}
 */
public record ApiError(String message, String type, @Nullable String param, @Nullable String code)
    implements WireObject {

  /** The request is at fault. */
  public static final String INVALID_REQUEST = "invalid_request_error";

  /** Too many requests. */
  public static final String RATE_LIMIT = "rate_limit_error";

  /** The server is at fault. */
  public static final String SERVER = "server_error";

  @Override
  public void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeObjectFieldStart("error");
    out.writeStringField("message", message);
    out.writeStringField("type", type);
    out.writeStringField("param", param);
    out.writeStringField("code", code);
    out.writeEndObject();
    out.writeEndObject();
  }
}
