package ai.kolm.artifact;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonException.Code;
import ai.kolm.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads the fields of an object of the manifest that {@link JsonObject} has no method for. */
final class ManifestFields {

  /** Makes a record from an object. */
  interface Reader<T> {
    T read(JsonObject object) throws JsonException;
  }

  private ManifestFields() {}

  /**
   * A record from {@code object}. A field that is not {@code known}, or is {@code null}, is
   * refused, and so is what the record refuses.
   */
  static <T> T read(JsonObject object, Set<String> known, Reader<T> reader) throws JsonException {
    for (String name : object.names()) {
      if (!known.contains(name)) {
        throw new JsonException(Code.TYPE, object.at(name) + ": unknown field");
      }
      object.get(name);
    }
    try {
      return reader.read(object);
    } catch (IllegalArgumentException e) {
      throw new JsonException(Code.TYPE, object.pointer() + "/" + e.getMessage());
    }
  }

  /** A record from an object, unless absent. */
  static <T> Optional<T> find(JsonObject parent, String name, Reader<T> reader)
      throws JsonException {
    Optional<JsonObject> object = parent.findObject(name);
    return object.isEmpty() ? Optional.empty() : Optional.of(reader.read(object.get()));
  }

  /** Records from an array of objects; none if absent. */
  static <T> List<T> list(JsonObject parent, String name, Reader<T> reader) throws JsonException {
    List<T> items = new ArrayList<>();
    for (JsonObject object : parent.objects(name)) {
      items.add(reader.read(object));
    }
    return items;
  }

  /** A 32-bit integer that must be there. */
  static int integer(JsonObject object, String name) throws JsonException {
    return narrow(object.integer(name), object.at(name));
  }

  /** An array of 32-bit integers; empty if absent. */
  static List<Integer> integers(List<Json> items, String at) throws JsonException {
    List<Integer> integers = new ArrayList<>();
    for (Json item : items) {
      if (!(item instanceof Json.Int n)) {
        throw new JsonException(Code.TYPE, at + ": expected integers, got " + item.kind());
      }
      integers.add(narrow(n.value(), at));
    }
    return integers;
  }

  private static int narrow(long value, String at) throws JsonException {
    if (value != (int) value) {
      throw new JsonException(Code.TYPE, at + ": expected a smaller integer, got " + value);
    }
    return (int) value;
  }

  /** One of the constants of an enum, that must be there. */
  static <E extends Enum<E>> E constant(JsonObject object, String name, Class<E> type)
      throws JsonException {
    return constant(object.string(name), object.at(name), type);
  }

  /** The constants of an enum that an array names. */
  static <E extends Enum<E>> List<E> constants(JsonObject object, String name, Class<E> type)
      throws JsonException {
    List<E> constants = new ArrayList<>();
    for (String id : object.strings(name)) {
      constants.add(constant(id, object.at(name), type));
    }
    return constants;
  }

  private static <E extends Enum<E>> E constant(String id, String at, Class<E> type)
      throws JsonException {
    List<String> ids = new ArrayList<>();
    for (E constant : type.getEnumConstants()) {
      if (ManifestChecks.id(constant).equals(id)) {
        return constant;
      }
      ids.add(ManifestChecks.id(constant));
    }
    throw new JsonException(Code.TYPE, "%s: expected one of %s, got \"%s\"".formatted(at, ids, id));
  }

  /** A CID, unless absent. */
  static Optional<Cid> findCid(JsonObject object, String name) throws JsonException {
    return object.findString(name).map(Cid::new);
  }

  /** A reference to another artifact, unless absent. */
  static Optional<CidReference> findReference(JsonObject parent, String name) throws JsonException {
    return find(
        parent,
        name,
        object ->
            read(
                object,
                Set.of("cid", "file"),
                o -> new CidReference(new Cid(o.string("cid")), o.findString("file"))));
  }

  /** Where weights come from, unless absent. */
  static Optional<Origin> findOrigin(JsonObject parent, String name) throws JsonException {
    return find(
        parent,
        name,
        object ->
            read(
                object,
                Set.of("name", "revision", "license", "sha256"),
                o ->
                    new Origin(
                        o.string("name"),
                        o.findString("revision"),
                        o.findString("license"),
                        o.findString("sha256"))));
  }

  /** The entry that an object with the one field {@code entry} names, unless absent. */
  static Optional<String> findEntry(JsonObject parent, String name) throws JsonException {
    return find(parent, name, object -> read(object, Set.of("entry"), o -> o.string("entry")));
  }
}
