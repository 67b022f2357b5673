package ai.kolm.server.wire;

import ai.kolm.json.Json;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.Map;

/**
 * How an answer is to be delivered.
 *
 * @param stream whether it is wanted in chunks
 * @param includeUsage whether a last chunk tells the tokens counted
 * @param includeObfuscation whether chunks are padded, so that their lengths tell less
 */
public record StreamFields(boolean stream, boolean includeUsage, boolean includeObfuscation) {

  static StreamFields read(Fields fields) throws InvalidFieldException {
    boolean stream = fields.bool("stream", false);
    Fields options = fields.findObject("stream_options");
    if (options != null && !stream) {
      throw new InvalidFieldException(
          "stream_options",
          Code.CONTRADICTION,
          "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    }
    Fields asked = options == null ? Fields.root(new Json.Obj(Map.of())) : options;
    return new StreamFields(
        stream, asked.bool("include_usage", false), asked.bool("include_obfuscation", false));
  }
}
