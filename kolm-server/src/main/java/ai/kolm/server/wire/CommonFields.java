package ai.kolm.server.wire;

import ai.kolm.json.Json;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/** What the requests of several endpoints have in common. */
public final class CommonFields {
  private static final int MAX_FIELDS = 256;
  private static final int MAX_STOPS = 4;

  private CommonFields() {}

  /** The model that {@code body} asks for; read first, so that the model can be looked up first. */
  public static String model(Json body) throws InvalidFieldException {
    return root(body).string("model");
  }

  /** The members of a whole request. */
  static Fields root(Json body) throws InvalidFieldException {
    if (!(body instanceof Json.Obj object)) {
      throw new InvalidFieldException(
          null,
          Code.CONTRADICTION,
          "The body of the request must be a JSON object, but it is %s.".formatted(body.kind()));
    }
    if (object.members().size() > MAX_FIELDS) {
      throw new InvalidFieldException(
          null,
          Code.CONTRADICTION,
          "The body of the request has %d fields, at most %d are allowed."
              .formatted(object.members().size(), MAX_FIELDS));
    }
    return Fields.root(object);
  }

  /** The fields that are not among {@code known}, in the order of the request. */
  static List<String> unknown(Fields fields, Set<String> known) {
    return fields.names().stream().filter(name -> !known.contains(name)).toList();
  }

  static OptionalLong seed(Fields fields) throws InvalidFieldException {
    return fields.findInteger("seed", Long.MIN_VALUE, Long.MAX_VALUE);
  }

  /** Refuses a field that would change the answer, and cannot. */
  static void refuse(Fields fields, List<String> names) throws InvalidFieldException {
    for (String name : names) {
      if (fields.has(name)) {
        throw new InvalidFieldException(
            name,
            Code.UNSUPPORTED_PARAMETER,
            "Unsupported parameter: '%s' is not supported by this server.".formatted(name));
      }
    }
  }

  static List<String> stop(Fields fields) throws InvalidFieldException {
    List<String> stops = new ArrayList<>();
    switch (fields.find("stop")) {
      case null -> {}
      case Json.Str one -> stops.add(nonEmpty(one.value(), "stop"));
      case Json.Arr array -> {
        for (Json item : Fields.sized(array.items(), "stop", MAX_STOPS)) {
          String at = "stop[%d]".formatted(stops.size());
          stops.add(nonEmpty(Fields.stringOf(item, at), at));
        }
      }
      case Json other -> throw Fields.wrongKind("stop", "a string or an array of strings", other);
    }
    return stops;
  }

  static String nonEmpty(String text, String at) throws InvalidFieldException {
    if (text.isEmpty()) {
      throw new InvalidFieldException(
          at,
          Code.STRING_BELOW_MIN_LENGTH,
          "Invalid '%s': empty string. Expected a string with minimum length 1.".formatted(at));
    }
    return text;
  }
}
