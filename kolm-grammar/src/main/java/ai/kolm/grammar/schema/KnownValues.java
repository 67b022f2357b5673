package ai.kolm.grammar.schema;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Values that an answer holds, as far as they have been written, as interned ints: equal numbers
 * where JSON Schema calls values equal. An object or array that is still open has the number of the
 * one that ends here.
 */
final class KnownValues {
  /** A value that nobody follows. */
  static final int NONE = 0;

  /** A value some of whose text has not been kept. */
  static final int UNKNOWN = 1;

  /** An item whose text has not been kept, so that what else may come is not known. */
  static final int LOST = 2;

  /** The empty object. */
  static final int OBJECT = 3;

  /** The empty array. */
  static final int ARRAY = 4;

  /** One value. */
  sealed interface Value {}

  /** What a string means. */
  record Text(String text) implements Value {}

  /** A number in its shortest form. */
  record Decimal(BigDecimal number) implements Value {}

  /** One of null, true, false. */
  record Word(String word) implements Value {}

  /**
   * An object.
   *
   * @param members per key the value
   * @param pending a key whose value comes next
   */
  record Members(Map<String, Integer> members, @Nullable String pending) implements Value {}

  /** An array. */
  record Items(List<Integer> items) implements Value {}

  private enum Unnamed implements Value {
    NONE,
    UNKNOWN,
    LOST
  }

  private final Map<Value, Integer> ids = new HashMap<>();
  private final List<Value> values = new ArrayList<>();

  KnownValues() {
    intern(Unnamed.NONE);
    intern(Unnamed.UNKNOWN);
    intern(Unnamed.LOST);
    intern(new Members(new TreeMap<>(), null));
    intern(new Items(List.of()));
  }

  private int intern(Value value) {
    Integer known = ids.putIfAbsent(value, values.size());
    if (known != null) {
      return known;
    }
    values.add(value);
    return values.size() - 1;
  }

  Value get(int value) {
    return values.get(value);
  }

  int size() {
    return values.size();
  }

  /** A string that means this. */
  int text(String text) {
    return intern(new Text(text));
  }

  /** A number or a word, as it was written. */
  int plain(String written) {
    return intern(
        Character.isLetter(written.charAt(0))
            ? new Word(written)
            : new Decimal(new BigDecimal(written).stripTrailingZeros()));
  }

  /** The object behind one more key, whose text is null if it has not been kept. */
  int withKey(int object, @Nullable String key) {
    if (key == null || object == UNKNOWN) {
      return UNKNOWN;
    }
    return intern(new Members(members(object).members(), key));
  }

  /** The object with a value for its pending key, or the array with one more item. */
  int with(int open, int value) {
    if (open == UNKNOWN || value == UNKNOWN || value == LOST) {
      return UNKNOWN;
    }
    if (values.get(open) instanceof Items array) {
      List<Integer> longer = new ArrayList<>(array.items());
      longer.add(value);
      return intern(new Items(List.copyOf(longer)));
    }
    Members object = members(open);
    Map<String, Integer> larger = new TreeMap<>(object.members());
    larger.put(Objects.requireNonNull(object.pending(), "a member without a key"), value);
    return intern(new Members(larger, null));
  }

  private Members members(int object) {
    if (values.get(object) instanceof Members members) {
      return members;
    }
    throw new IllegalArgumentException("not an object");
  }
}
