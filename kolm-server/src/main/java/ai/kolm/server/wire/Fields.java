package ai.kolm.server.wire;

import ai.kolm.json.Json;
import ai.kolm.server.wire.InvalidFieldException.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The members of one object of a request, asked for by name and kind. {@code null} counts as
 * absent. What does not fit is refused with the path and code that clients of the OpenAI API
 * expect.
 */
final class Fields {
  private final Json.Obj object;
  private final String path;

  private Fields(Json.Obj object, String path) {
    this.object = object;
    this.path = path;
  }

  /** The members of the whole request. */
  static Fields root(Json.Obj body) {
    return new Fields(body, "");
  }

  /** The members of {@code json}, which stands at {@code path}. */
  static Fields of(Json json, String path) throws InvalidFieldException {
    if (json instanceof Json.Obj object) {
      return new Fields(object, path);
    }
    throw wrongKind(path, "an object", json);
  }

  /** Where a member stands in the request. */
  String at(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  Set<String> names() {
    return object.members().keySet();
  }

  Map<String, Json> members() {
    return object.members();
  }

  @Nullable Json find(String name) {
    Json member = object.members().get(name);
    return member instanceof Json.Null ? null : member;
  }

  boolean has(String name) {
    return find(name) != null;
  }

  Json get(String name) throws InvalidFieldException {
    Json member = find(name);
    if (member == null) {
      throw new InvalidFieldException(
          at(name),
          Code.MISSING_REQUIRED_PARAMETER,
          "Missing required parameter: '%s'.".formatted(at(name)));
    }
    return member;
  }

  String string(String name) throws InvalidFieldException {
    return stringOf(get(name), at(name));
  }

  @Nullable String findString(String name) throws InvalidFieldException {
    Json member = find(name);
    return member == null ? null : stringOf(member, at(name));
  }

  /** A string of at most {@code max} characters. */
  @Nullable String findString(String name, int max) throws InvalidFieldException {
    String value = findString(name);
    if (value != null && value.length() > max) {
      throw new InvalidFieldException(
          at(name),
          Code.STRING_ABOVE_MAX_LENGTH,
          "Invalid '%s': string too long. Expected at most %d characters, got %d."
              .formatted(at(name), max, value.length()));
    }
    return value;
  }

  /** One of some words. */
  @Nullable String findWord(String name, List<String> words) throws InvalidFieldException {
    String value = findString(name);
    if (value != null && !words.contains(value)) {
      throw invalidWord(at(name), value, words);
    }
    return value;
  }

  static InvalidFieldException invalidWord(String at, String value, List<String> words) {
    return new InvalidFieldException(
        at,
        Code.INVALID_VALUE,
        "Invalid value: '%s'. Supported values are: '%s'."
            .formatted(shortened(value), String.join("', '", words)));
  }

  boolean bool(String name, boolean fallback) throws InvalidFieldException {
    return switch (find(name)) {
      case null -> fallback;
      case Json.Bool b -> b.value();
      case Json other -> throw wrongKind(at(name), "a boolean", other);
    };
  }

  OptionalLong findInteger(String name, long min, long max) throws InvalidFieldException {
    Json member = find(name);
    return member == null
        ? OptionalLong.empty()
        : OptionalLong.of(integerOf(member, at(name), min, max));
  }

  private static long integerOf(Json json, String at, long min, long max)
      throws InvalidFieldException {
    boolean huge = json instanceof Json.Real real && Math.abs(real.value()) >= 0x1p63;
    if (!(json instanceof Json.Int) && !huge) {
      throw wrongKind(at, "an integer", json);
    }
    boolean below = json instanceof Json.Int i ? i.value() < min : ((Json.Real) json).value() < 0;
    boolean above = json instanceof Json.Int i ? i.value() > max : ((Json.Real) json).value() > 0;
    if (below || above) {
      throw new InvalidFieldException(
          at,
          below ? Code.INTEGER_BELOW_MIN_VALUE : Code.INTEGER_ABOVE_MAX_VALUE,
          "Invalid '%s': integer %s value. Expected a value %s %d, got %s."
              .formatted(
                  at,
                  below ? "below minimum" : "above maximum",
                  below ? ">=" : "<=",
                  below ? min : max,
                  text(json)));
    }
    return ((Json.Int) json).value();
  }

  OptionalDouble findNumber(String name, double min, double max) throws InvalidFieldException {
    Json member = find(name);
    return member == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(numberOf(member, at(name), min, max));
  }

  static double numberOf(Json json, String at, double min, double max)
      throws InvalidFieldException {
    double value =
        switch (json) {
          case Json.Int i -> i.value();
          case Json.Real r -> r.value();
          default -> throw wrongKind(at, "a number", json);
        };
    if (value < min || value > max) {
      boolean below = value < min;
      throw new InvalidFieldException(
          at,
          below ? Code.DECIMAL_BELOW_MIN_VALUE : Code.DECIMAL_ABOVE_MAX_VALUE,
          "Invalid '%s': decimal %s value. Expected a value %s %s, got %s."
              .formatted(
                  at,
                  below ? "below minimum" : "above maximum",
                  below ? ">=" : "<=",
                  number(below ? min : max),
                  text(json)));
    }
    return value;
  }

  /** An array of 1 to {@code max} items; {@code null} if absent. */
  @Nullable List<Json> findArray(String name, int max) throws InvalidFieldException {
    return switch (find(name)) {
      case null -> null;
      case Json.Arr array -> sized(array.items(), at(name), max);
      case Json other -> throw wrongKind(at(name), "an array", other);
    };
  }

  static List<Json> sized(List<Json> items, String at, int max) throws InvalidFieldException {
    if (items.isEmpty()) {
      throw new InvalidFieldException(
          at,
          Code.EMPTY_ARRAY,
          "Invalid '%s': empty array. Expected an array with minimum length 1, but got an empty array instead."
              .formatted(at));
    }
    if (items.size() > max) {
      throw new InvalidFieldException(
          at,
          Code.ARRAY_ABOVE_MAX_LENGTH,
          "Invalid '%s': array too long. Expected an array with maximum length %d, got %d items."
              .formatted(at, max, items.size()));
    }
    return items;
  }

  @Nullable Fields findObject(String name) throws InvalidFieldException {
    Json member = find(name);
    return member == null ? null : of(member, at(name));
  }

  Fields object(String name) throws InvalidFieldException {
    return of(get(name), at(name));
  }

  /** The objects of an array; {@code items} stand at {@code at}. */
  static List<Fields> objects(List<Json> items, String at) throws InvalidFieldException {
    List<Fields> objects = new ArrayList<>(items.size());
    for (Json item : items) {
      objects.add(of(item, "%s[%d]".formatted(at, objects.size())));
    }
    return objects;
  }

  static String stringOf(Json json, String at) throws InvalidFieldException {
    if (json instanceof Json.Str string) {
      return string.value();
    }
    throw wrongKind(at, "a string", json);
  }

  static InvalidFieldException wrongKind(String at, String expected, Json actual) {
    return new InvalidFieldException(
        at,
        Code.INVALID_TYPE,
        "Invalid type for '%s': expected %s, but got %s instead."
            .formatted(at, expected, actual.kind()));
  }

  /** A value that a client sent, cut to what fits a message. */
  static String shortened(String value) {
    return value.length() <= 64
        ? value
        : value.substring(0, value.offsetByCodePoints(0, 32)) + "...";
  }

  private static String text(Json number) {
    return switch (number) {
      case Json.Int i -> Long.toString(i.value());
      case Json.Real r -> number(r.value());
      default -> number.kind();
    };
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.format(Locale.ROOT, "%.0f", value)
        : Double.toString(value);
  }
}
