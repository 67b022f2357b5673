package ai.kolm.weights;

import java.nio.charset.CharacterCodingException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/** The metadata of a GGUF file by kind. */
final class GgufMetadata implements Metadata {
  /** What fits an array of any JVM. */
  private static final long MAX_TEXT_BYTES = Integer.MAX_VALUE - 8;

  private static final GgufValue EMPTY_ARRAY = GgufValue.arrayOf(new int[0]);

  private final String file;
  private final Map<String, GgufValue> values;

  /**
   * @param file the file, for messages
   * @param values not to be changed any more
   */
  GgufMetadata(String file, Map<String, GgufValue> values) {
    this.file = file;
    this.values = values;
  }

  @Override
  public String file() {
    return file;
  }

  @Override
  public Set<String> keys() {
    return Collections.unmodifiableSet(values.keySet());
  }

  @Override
  public Optional<String> findString(String key) throws ModelFormatException {
    GgufValue value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    expect(key, value, !value.isArray() && value.itemType() == GgufValueType.STRING, "a string");
    return Optional.of(decode(key, value).getFirst());
  }

  @Override
  public OptionalLong findInteger(String key) throws ModelFormatException {
    GgufValue value = values.get(key);
    if (value == null) {
      return OptionalLong.empty();
    }
    expect(key, value, !value.isArray() && value.itemType().isInteger(), "an integer");
    return OptionalLong.of(integer(key, value, 0));
  }

  @Override
  public OptionalDouble findNumber(String key) throws ModelFormatException {
    GgufValue value = values.get(key);
    if (value == null) {
      return OptionalDouble.empty();
    }
    expect(key, value, !value.isArray() && value.itemType().isNumber(), "a number");
    return OptionalDouble.of(number(key, value, 0));
  }

  @Override
  public Optional<Boolean> findBoolean(String key) throws ModelFormatException {
    GgufValue value = values.get(key);
    if (value == null) {
      return Optional.empty();
    }
    expect(key, value, !value.isArray() && value.itemType() == GgufValueType.BOOL, "a boolean");
    return Optional.of(value.integer(0) != 0);
  }

  @Override
  public List<String> strings(String key) throws ModelFormatException {
    GgufValue value = array(key, type -> type == GgufValueType.STRING, "strings");
    return value.length() == 0 ? List.of() : Collections.unmodifiableList(decode(key, value));
  }

  @Override
  public Texts texts(String key) throws ModelFormatException {
    GgufValue value = array(key, type -> type == GgufValueType.STRING, "strings");
    if (value.length() == 0) {
      return Texts.of(List.of());
    }
    if (value.items().byteSize() > MAX_TEXT_BYTES) {
      throw fault(
          key,
          "%d bytes of strings, at most %d allowed"
              .formatted(value.items().byteSize(), MAX_TEXT_BYTES));
    }
    try {
      return value.texts();
    } catch (CharacterCodingException e) {
      throw notUtf8(key);
    }
  }

  @Override
  public long[] integers(String key) throws ModelFormatException {
    GgufValue value = array(key, GgufValueType::isInteger, "integers");
    if (value.itemType() == GgufValueType.INT32) {
      return value.wideIntegers();
    }
    long[] integers = new long[value.length()];
    for (int i = 0; i < integers.length; i++) {
      integers[i] = integer(key, value, i);
    }
    return integers;
  }

  @Override
  public float[] floats(String key) throws ModelFormatException {
    GgufValue value = array(key, GgufValueType::isNumber, "numbers");
    if (value.itemType() == GgufValueType.FLOAT32) {
      return value.floats();
    }
    float[] floats = new float[value.length()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) number(key, value, i);
    }
    return floats;
  }

  private GgufValue array(String key, Predicate<GgufValueType> items, String what)
      throws ModelFormatException {
    GgufValue value = values.getOrDefault(key, EMPTY_ARRAY);
    if (value != EMPTY_ARRAY) {
      expect(key, value, value.isArray() && items.test(value.itemType()), "an array of " + what);
    }
    return value;
  }

  private void expect(String key, GgufValue value, boolean fits, String expected)
      throws ModelFormatException {
    if (!fits) {
      throw fault(key, "expected %s, got %s".formatted(expected, value.kind()));
    }
  }

  private List<String> decode(String key, GgufValue value) throws ModelFormatException {
    try {
      return value.strings();
    } catch (CharacterCodingException e) {
      throw notUtf8(key);
    }
  }

  private ModelFormatException notUtf8(String key) {
    return fault(key, "text that is not UTF-8");
  }

  private double number(String key, GgufValue value, int i) throws ModelFormatException {
    return value.itemType().isInteger() ? integer(key, value, i) : value.real(i);
  }

  private long integer(String key, GgufValue value, int i) throws ModelFormatException {
    long integer = value.integer(i);
    if (value.itemType() == GgufValueType.UINT64 && integer < 0) {
      throw fault(
          key,
          "%s is more than %d, the most allowed"
              .formatted(Long.toUnsignedString(integer), Long.MAX_VALUE));
    }
    return integer;
  }

  private ModelFormatException fault(String key, String message) {
    return new ModelFormatException(file, "metadata key %s: %s".formatted(key, message));
  }
}
