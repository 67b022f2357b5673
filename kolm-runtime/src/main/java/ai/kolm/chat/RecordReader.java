package ai.kolm.chat;

import ai.kolm.json.Json;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Makes records of JSON that meets their {@link RecordSchema}. */
final class RecordReader {
  private RecordReader() {}

  /**
   * The record that {@code json} says.
   *
   * @throws IllegalArgumentException if the record's own constructor refuses a value, or a value
   *     does not fit: a whole number beyond a double's range for one, which a schema lets pass
   * @throws IllegalStateException if the record's module does not open its package to kolm
   */
  static <T extends Record> T read(Class<T> type, Json json) {
    return type.cast(record(type, (Json.Obj) json));
  }

  private static Object record(Class<?> type, Json.Obj json) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = Stream.of(components).map(RecordComponent::getType).toArray(Class[]::new);
    Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      Json member = json.members().get(components[i].getName());
      if (member == null) {
        throw new IllegalArgumentException(
            "%s: %s is missing".formatted(type.getSimpleName(), components[i].getName()));
      }
      values[i] = value(components[i].getGenericType(), member);
    }
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      if (!constructor.trySetAccessible()) {
        throw new IllegalStateException(
            "%s cannot be made: its module must open %s to ai.kolm.runtime"
                .formatted(type.getName(), type.getPackageName()));
      }
      return constructor.newInstance(values);
    } catch (InvocationTargetException e) {
      throw new IllegalArgumentException(
          "%s refuses the answer: %s".formatted(type.getSimpleName(), e.getCause()), e);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(type.getName() + " cannot be made", e);
    }
  }

  private static Object value(Type type, Json json) {
    if (type instanceof ParameterizedType generic) {
      return generic(generic, json);
    }
    Class<?> plain = (Class<?>) type;
    return switch (json) {
      case Json.Str text when plain.isEnum() -> constant(plain, text.value());
      case Json.Str text -> text.value();
      case Json.Bool bool -> bool.value();
      case Json.Int number -> number(plain, number.value());
      case Json.Real number -> number(plain, number.value());
      case Json.Obj object when plain.isRecord() -> record(plain, object);
      default ->
          throw new IllegalArgumentException(
              "%s is no %s".formatted(json.kind(), plain.getSimpleName()));
    };
  }

  private static Object constant(Class<?> type, String name) {
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw new IllegalArgumentException("%s is no %s".formatted(name, type.getSimpleName()));
  }

  private static Object number(Class<?> type, long value) {
    return switch (type.getSimpleName()) {
      case "int", "Integer" -> Math.toIntExact(value);
      case "double", "Double" -> (double) value;
      default -> value;
    };
  }

  /** An integer may be written with a fraction of zeros or an exponent. */
  private static Object number(Class<?> type, double value) {
    return switch (type.getSimpleName()) {
      case "int", "Integer" -> Math.toIntExact((long) value);
      case "long", "Long" -> (long) value;
      default -> value;
    };
  }

  private static Object generic(ParameterizedType type, Json json) {
    Type[] of = type.getActualTypeArguments();
    if (type.getRawType() == Optional.class) {
      return json instanceof Json.Null ? Optional.empty() : Optional.of(value(of[0], json));
    }
    if (json instanceof Json.Arr array) {
      return array.items().stream().map(item -> value(of[0], item)).toList();
    }
    Map<String, Object> map = new LinkedHashMap<>();
    ((Json.Obj) json).members().forEach((key, member) -> map.put(key, value(of[1], member)));
    return Map.copyOf(map);
  }
}
