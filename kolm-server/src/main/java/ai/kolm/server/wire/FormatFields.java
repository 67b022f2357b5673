package ai.kolm.server.wire;

import ai.kolm.chat.ResponseFormat;
import ai.kolm.json.Json;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The field that says what the text of an answer must look like. */
final class FormatFields {
  private static final int MAX_NAME = 64;
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9_-]{1," + MAX_NAME + "}");
  private static final List<String> TYPES = List.of("text", "json_object", "json_schema");

  private FormatFields() {}

  static ResponseFormat read(Fields fields) throws InvalidFieldException {
    Fields format = fields.findObject("response_format");
    if (format == null) {
      return ResponseFormat.TEXT;
    }
    String type = format.string("type");
    return switch (type) {
      case "text" -> ResponseFormat.TEXT;
      case "json_object" -> {
        // Some clients put a schema here, as llama.cpp takes it.
        Fields schema = format.findObject("schema");
        yield schema == null
            ? ResponseFormat.JSON_OBJECT
            : schema("response", new Json.Obj(schema.members()), false);
      }
      case "json_schema" -> jsonSchema(format.object("json_schema"));
      default -> throw Fields.invalidWord(format.at("type"), type, TYPES);
    };
  }

  private static ResponseFormat jsonSchema(Fields fields) throws InvalidFieldException {
    String name = fields.string("name");
    if (name.length() > MAX_NAME || !NAME.matcher(name).matches()) {
      throw new InvalidFieldException(
          fields.at("name"),
          Code.INVALID_VALUE,
          "Invalid '%s': expected 1 to %d letters, digits, '_' or '-'."
              .formatted(fields.at("name"), MAX_NAME));
    }
    fields.findString("description");
    boolean strict = fields.bool("strict", false);
    Json schema = fields.find("schema");
    return switch (schema) {
      case null -> schema(name, new Json.Obj(Map.of()), strict);
      case Json.Obj object -> schema(name, object, strict);
      case Json.Bool bool -> schema(name, bool, strict);
      case Json other -> throw Fields.wrongKind(fields.at("schema"), "an object", other);
    };
  }

  private static ResponseFormat schema(String name, Json schema, boolean strict) {
    return new ResponseFormat.JsonSchema(name, schema, strict, ResponseFormat.JsonSchema.STYLE);
  }
}
