package ai.kolm.json;

import ai.kolm.json.JsonException.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A view of one object that asks for members by name and kind. A member of another kind, or one
 * that is missing where it is required, is refused with its JSON pointer (RFC 6901) in the message.
 * {@code null} counts as absent.
 */
public final class JsonObject {
  private final Json.Obj value;
  private final String pointer;

  private JsonObject(Json.Obj value, String pointer) {
    this.value = value;
    this.pointer = pointer;
  }

  /**
   * A view of {@code json}, which must be an object.
   *
   * @param pointer where the object stands in its document; empty for the root
   */
  public static JsonObject of(Json json, String pointer) throws JsonException {
    if (json instanceof Json.Obj object) {
      return new JsonObject(object, pointer);
    }
    throw wrongKind(pointer, "an object", json);
  }

  /** The object itself. */
  public Json.Obj json() {
    return value;
  }

  /** Where this object stands in its document. */
  public String pointer() {
    return pointer;
  }

  /** The names of all members, in order. */
  public Set<String> names() {
    return value.members().keySet();
  }

  /** The member, unless absent or {@code null}. */
  public Optional<Json> find(String name) {
    return Optional.ofNullable(present(name));
  }

  /** A member that must be there. */
  public Json get(String name) throws JsonException {
    Json member = present(name);
    if (member == null) {
      throw new JsonException(Code.TYPE, "%s is missing".formatted(at(name)));
    }
    return member;
  }

  /** A string that must be there. */
  public String string(String name) throws JsonException {
    return stringOf(get(name), at(name));
  }

  /** A string, unless absent. */
  public Optional<String> findString(String name) throws JsonException {
    Json member = present(name);
    return member == null ? Optional.empty() : Optional.of(stringOf(member, at(name)));
  }

  /** An integer that must be there. */
  public long integer(String name) throws JsonException {
    return integerOf(get(name), at(name));
  }

  /** An integer, unless absent. */
  public OptionalLong findInteger(String name) throws JsonException {
    Json member = present(name);
    return member == null ? OptionalLong.empty() : OptionalLong.of(integerOf(member, at(name)));
  }

  /** A number of any form, unless absent. */
  public OptionalDouble findNumber(String name) throws JsonException {
    return switch (present(name)) {
      case null -> OptionalDouble.empty();
      case Json.Int n -> OptionalDouble.of(n.value());
      case Json.Real n -> OptionalDouble.of(n.value());
      case Json other -> throw wrongKind(at(name), "a number", other);
    };
  }

  /** A boolean, or {@code fallback} if absent. */
  public boolean bool(String name, boolean fallback) throws JsonException {
    return switch (present(name)) {
      case null -> fallback;
      case Json.Bool b -> b.value();
      case Json other -> throw wrongKind(at(name), "a boolean", other);
    };
  }

  /** An object that must be there. */
  public JsonObject object(String name) throws JsonException {
    return of(get(name), at(name));
  }

  /** An object, unless absent. */
  public Optional<JsonObject> findObject(String name) throws JsonException {
    Json member = present(name);
    return member == null ? Optional.empty() : Optional.of(of(member, at(name)));
  }

  /** The items of an array; empty if absent. */
  public List<Json> array(String name) throws JsonException {
    return switch (present(name)) {
      case null -> List.of();
      case Json.Arr a -> a.items();
      case Json other -> throw wrongKind(at(name), "an array", other);
    };
  }

  /** The items of an array of objects; empty if absent. */
  public List<JsonObject> objects(String name) throws JsonException {
    List<JsonObject> objects = new ArrayList<>();
    for (Json item : array(name)) {
      objects.add(of(item, at(name) + "/" + objects.size()));
    }
    return objects;
  }

  /** The items of an array of strings; empty if absent. */
  public List<String> strings(String name) throws JsonException {
    List<String> strings = new ArrayList<>();
    for (Json item : array(name)) {
      strings.add(stringOf(item, at(name) + "/" + strings.size()));
    }
    return strings;
  }

  /** The pointer of a member of this object. */
  public String at(String name) {
    return JsonPointer.child(pointer, name);
  }

  private @Nullable Json present(String name) {
    Json member = value.members().get(name);
    return member instanceof Json.Null ? null : member;
  }

  private static String stringOf(Json json, String at) throws JsonException {
    if (json instanceof Json.Str string) {
      return string.value();
    }
    throw wrongKind(at, "a string", json);
  }

  private static long integerOf(Json json, String at) throws JsonException {
    if (json instanceof Json.Int integer) {
      return integer.value();
    }
    throw wrongKind(at, "an integer", json);
  }

  private static JsonException wrongKind(String at, String expected, Json actual) {
    String where = at.isEmpty() ? "the document" : at;
    return new JsonException(
        Code.TYPE, "%s: expected %s, got %s".formatted(where, expected, actual.kind()));
  }
}
