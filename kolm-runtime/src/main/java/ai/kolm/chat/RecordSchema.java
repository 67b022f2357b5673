package ai.kolm.chat;

import ai.kolm.json.Json;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The JSON schema of a record: a closed object with a property for each component, in order, all
 * required. Components may be strings, numbers, booleans, enums, records, and {@link List}, {@link
 * Map} by string, {@link Optional} of such; {@code Optional} may be null.
 *
 * <p>{@link RecordReader} reads what meets the schema; both know the same types.
 */
final class RecordSchema {
  private static final Map<Class<?>, Json> SCALARS =
      Map.of(
          String.class, type("string"),
          boolean.class, type("boolean"),
          Boolean.class, type("boolean"),
          int.class, integer(Integer.MIN_VALUE, Integer.MAX_VALUE),
          Integer.class, integer(Integer.MIN_VALUE, Integer.MAX_VALUE),
          long.class, integer(Long.MIN_VALUE, Long.MAX_VALUE),
          Long.class, integer(Long.MIN_VALUE, Long.MAX_VALUE),
          double.class, type("number"),
          Double.class, type("number"));

  /** The records already begun, by name of their definition: they may refer to each other. */
  private final Map<Class<?>, String> names = new LinkedHashMap<>();

  private final Map<String, Json> definitions = new LinkedHashMap<>();

  private RecordSchema() {}

  /**
   * The schema of {@code type}.
   *
   * @throws IllegalArgumentException naming the component whose type has no schema
   */
  static Json of(Class<? extends Record> type) {
    RecordSchema schema = new RecordSchema();
    Json root = schema.record(type);
    Map<String, Json> members = new LinkedHashMap<>(((Json.Obj) root).members());
    members.put("$defs", new Json.Obj(schema.definitions));
    return new Json.Obj(members);
  }

  private static Json type(String name) {
    return new Json.Obj(Map.of("type", new Json.Str(name)));
  }

  private static Json integer(long least, long most) {
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("type", new Json.Str("integer"));
    members.put("minimum", new Json.Int(least));
    members.put("maximum", new Json.Int(most));
    return new Json.Obj(members);
  }

  /** A reference to the definition of a record. */
  private Json record(Class<?> type) {
    String known = names.get(type);
    if (known == null) {
      known = type.getSimpleName() + (names.isEmpty() ? "" : "_" + names.size());
      names.put(type, known);
      definitions.put(known, object(type));
    }
    return new Json.Obj(Map.of("$ref", new Json.Str("#/$defs/" + known)));
  }

  private Json object(Class<?> type) {
    Map<String, Json> properties = new LinkedHashMap<>();
    List<Json> required = new ArrayList<>();
    for (RecordComponent component : type.getRecordComponents()) {
      String where = type.getSimpleName() + "." + component.getName();
      properties.put(component.getName(), schema(component.getGenericType(), where));
      required.add(new Json.Str(component.getName()));
    }
    Map<String, Json> members = new LinkedHashMap<>();
    members.put("type", new Json.Str("object"));
    members.put("properties", new Json.Obj(properties));
    members.put("required", new Json.Arr(required));
    members.put("additionalProperties", new Json.Bool(false));
    return new Json.Obj(members);
  }

  private Json schema(Type type, String where) {
    if (type instanceof ParameterizedType generic) {
      return generic(generic, where);
    }
    if (!(type instanceof Class<?> plain)) {
      throw unsupported(type, where);
    }
    Json scalar = SCALARS.get(plain);
    if (scalar != null) {
      return scalar;
    }
    if (plain.isEnum()) {
      List<Json> constants =
          Stream.of(plain.getEnumConstants())
              .<Json>map(constant -> new Json.Str(((Enum<?>) constant).name()))
              .toList();
      return new Json.Obj(Map.of("enum", new Json.Arr(constants)));
    }
    if (plain.isRecord()) {
      return record(plain);
    }
    throw unsupported(type, where);
  }

  private Json generic(ParameterizedType type, String where) {
    Type[] of = type.getActualTypeArguments();
    Map<String, Json> members = new LinkedHashMap<>();
    if (type.getRawType() == List.class) {
      members.put("type", new Json.Str("array"));
      members.put("items", schema(of[0], where));
    } else if (type.getRawType() == Optional.class) {
      members.put("anyOf", new Json.Arr(List.of(schema(of[0], where), type("null"))));
    } else if (type.getRawType() == Map.class && of[0] == String.class) {
      members.put("type", new Json.Str("object"));
      members.put("additionalProperties", schema(of[1], where));
    } else {
      throw unsupported(type, where);
    }
    return new Json.Obj(members);
  }

  private static IllegalArgumentException unsupported(Type type, String where) {
    return new IllegalArgumentException(
        "%s: no JSON schema is derived from the type %s".formatted(where, type.getTypeName()));
  }
}
