package ai.kolm.grammar.json;

/** What comes next; the comments say what is kept for each thread. */
enum Phase {
  /** A value: its goal, and the stack behind it. */
  VALUE,
  /** The first item or the end of an array: the stack with the array on top. */
  ITEM_OR_END,
  /** The first key or the end of an object: the stack with the object on top. */
  KEY_OR_END,
  /** A key: the stack with the object on top. */
  KEY,
  /** A colon: as {@link #VALUE}. */
  COLON,
  /** What follows a value: the stack. */
  AFTER,
  /** The rest of a string that is a value; per slot of the lexer: the stack behind it. */
  STRING,
  /** The rest of a number or word; per slot: the stack behind it. */
  PLAIN,
  /** The rest of a key; per slot: the stack with the object on top, the number of the option. */
  KEY_TEXT;

  private static final Phase[] ALL = values();

  static Phase of(int ordinal) {
    return ALL[ordinal];
  }

  boolean isLexical() {
    return this == STRING || this == PLAIN || this == KEY_TEXT;
  }

  /** Ints kept per thread. */
  int width() {
    return this == VALUE || this == COLON || this == KEY_TEXT ? 2 : 1;
  }
}
