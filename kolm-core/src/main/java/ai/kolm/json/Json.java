package ai.kolm.json;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A JSON value (RFC 8259): plain immutable data, in the order of the text it came from.
 *
 * <p>{@link JsonReader} makes these from bytes; nothing in kolm reads JSON into classes by
 * reflection.
 */
public sealed interface Json {

  /** What the value is called in an error message: {@code an object}, {@code a string}, ... */
  String kind();

  /** An object; member order is the order of the text. */
  record Obj(Map<String, Json> members) implements Json {
    /** Copies the members. */
    public Obj {
      members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    @Override
    public String kind() {
      return "an object";
    }
  }

  /** An array. */
  record Arr(List<Json> items) implements Json {
    /** Copies the items. */
    public Arr {
      items = Collections.unmodifiableList(new ArrayList<>(items));
    }

    @Override
    public String kind() {
      return "an array";
    }
  }

  /** A string without lone surrogates. */
  record Str(String value) implements Json {
    /** Checks for null. */
    public Str {
      Objects.requireNonNull(value);
    }

    @Override
    public String kind() {
      return "a string";
    }
  }

  /** A number written without fraction and exponent that fits a {@code long}. */
  record Int(long value) implements Json {
    @Override
    public String kind() {
      return "an integer";
    }
  }

  /** Any other number; always finite. */
  record Real(double value) implements Json {
    /** Checks that the value is a number JSON can write. */
    public Real {
      if (!Double.isFinite(value)) {
        throw new IllegalArgumentException("JSON has no number " + value);
      }
    }

    @Override
    public String kind() {
      return "a number";
    }
  }

  /** {@code true} or {@code false}. */
  record Bool(boolean value) implements Json {
    @Override
    public String kind() {
      return "a boolean";
    }
  }

  /** {@code null}. */
  record Null() implements Json {
    @Override
    public String kind() {
      return "null";
    }
  }
}
