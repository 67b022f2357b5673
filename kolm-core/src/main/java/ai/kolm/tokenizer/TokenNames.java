package ai.kolm.tokenizer;

import java.util.AbstractList;
import java.util.List;

/** The names of all tokens, by id and back. Immutable once all are added. */
sealed interface TokenNames permits NameIndex, Utf8Names {
  /** How many ids there are. */
  int size();

  /** The name of {@code id}. */
  String get(int id);

  /** Whether {@code id} has the empty name, which finds nothing. */
  boolean isEmpty(int id);

  /** Whether the name of {@code id} has more than {@code limit} UTF-16 units. */
  boolean isLonger(int id, int limit);

  /**
   * Makes {@code id} what is found under its name; returns the id that is: another one if the name
   * is taken.
   */
  int add(int id);

  /** The id of a name; -1 if there is none. */
  int find(String name);

  /** The names in a list. */
  default List<String> list() {
    return new AbstractList<>() {
      @Override
      public String get(int id) {
        return TokenNames.this.get(id);
      }

      @Override
      public int size() {
        return TokenNames.this.size();
      }
    };
  }
}
