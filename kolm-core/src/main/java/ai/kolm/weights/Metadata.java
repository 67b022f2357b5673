package ai.kolm.weights;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The key-value part of a GGUF file. Asking for a key as another kind than the file has it is
 * refused with both kinds named. Immutable.
 */
public interface Metadata {

  /** The file these came from, for messages. */
  String file();

  /** All keys, in the order of the file. */
  Set<String> keys();

  /** A string. */
  Optional<String> findString(String key) throws ModelFormatException;

  /** An integer of any width, signed or not, that fits a {@code long}. */
  OptionalLong findInteger(String key) throws ModelFormatException;

  /** A number: integer or floating point. */
  OptionalDouble findNumber(String key) throws ModelFormatException;

  /** A boolean. */
  Optional<Boolean> findBoolean(String key) throws ModelFormatException;

  /** An array of strings; empty list if absent. */
  List<String> strings(String key) throws ModelFormatException;

  /** An array of strings, as {@link #strings} has it, for those who can do without strings. */
  default Texts texts(String key) throws ModelFormatException {
    return Texts.of(strings(key));
  }

  /** An array of integers of any width; empty array if absent. */
  long[] integers(String key) throws ModelFormatException;

  /** An array of numbers; empty array if absent. */
  float[] floats(String key) throws ModelFormatException;

  /** A string that must be there. */
  default String string(String key) throws ModelFormatException {
    return findString(key).orElseThrow(() -> missing(key));
  }

  /** An integer that must be there. */
  default long integer(String key) throws ModelFormatException {
    return findInteger(key).orElseThrow(() -> missing(key));
  }

  /** A number that must be there. */
  default double number(String key) throws ModelFormatException {
    return findNumber(key).orElseThrow(() -> missing(key));
  }

  private ModelFormatException missing(String key) {
    return new ModelFormatException(file(), "metadata key " + key + " is missing");
  }
}
