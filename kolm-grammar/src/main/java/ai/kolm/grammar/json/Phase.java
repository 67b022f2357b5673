package ai.kolm.grammar.json;

/** What comes next; the comments say what is kept for each thread. */
enum Phase {
  /** A value: its goal, and the stack behind it. */
  VALUE("{[\"-0123456789tfn"),
  /** The first item or the end of an array: the stack with the array on top. */
  ITEM_OR_END("]{[\"-0123456789tfn"),
  /** The first key or the end of an object: the stack with the object on top. */
  KEY_OR_END("}\""),
  /** A key: the stack with the object on top. */
  KEY("\""),
  /** A colon: as {@link #VALUE}. */
  COLON(":"),
  /** What follows a value: the stack. */
  AFTER("}],"),
  /** The rest of a string that is a value: its language, and the stack behind it. */
  STRING(""),
  /** The rest of a number or word: as {@link #STRING}. */
  PLAIN(""),
  /** The rest of a key: the stack with the object on top, the number of the option. */
  KEY_TEXT("");

  private static final Phase[] ALL = values();

  /** The characters that may come, by code: below 64, and from 64 on. */
  private final long low;

  private final long high;

  Phase(String characters) {
    long[] bits = new long[2];
    for (int i = 0; i < characters.length(); i++) {
      bits[characters.charAt(i) >> 6] |= 1L << characters.charAt(i);
    }
    low = bits[0];
    high = bits[1];
  }

  /** Whether a byte that is no blank may come next at all, outside of texts. */
  boolean mayStart(int value) {
    return value < 0x80 && ((value < 64 ? low : high) & (1L << value)) != 0;
  }

  static Phase of(int ordinal) {
    return ALL[ordinal];
  }
}
