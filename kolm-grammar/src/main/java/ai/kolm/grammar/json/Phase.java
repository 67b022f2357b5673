package ai.kolm.grammar.json;

/** What comes next; the comments say what is kept for each thread. */
enum Phase {
  /** A value: its goal, and the stack behind it. */
  VALUE("{[\"-0123456789tfn", Place.SECOND),
  /** The first item or the end of an array: the stack with the array on top. */
  ITEM_OR_END("]{[\"-0123456789tfn", Place.ALONE),
  /** The first key or the end of an object: the stack with the object on top. */
  KEY_OR_END("}\"", Place.ALONE),
  /** A key: the stack with the object on top. */
  KEY("\"", Place.ALONE),
  /** A colon: as {@link #VALUE}. */
  COLON(":", Place.SECOND),
  /** What follows a value: the stack. */
  AFTER("}],", Place.ALONE),
  /** The rest of a string that is a value: its language, and the stack behind it. */
  STRING("", Place.SECOND),
  /** The rest of a number or word: as {@link #STRING}. */
  PLAIN("", Place.SECOND),
  /** The rest of a key: the stack with the object on top, the number of the option. */
  KEY_TEXT("", Place.FIRST);

  /** Where threads keep their stacks: by themselves, or as the first or second of a pair. */
  enum Place {
    ALONE(0, 1),
    FIRST(0, 2),
    SECOND(1, 2);

    /** Ints before the first stack. */
    final int first;

    /** From one stack to the next. */
    final int step;

    Place(int first, int step) {
      this.first = first;
      this.step = step;
    }
  }

  private static final Phase[] ALL = values();

  /** The characters that may come, by code: below 64, and from 64 on. */
  private final long low;

  private final long high;
  private final Place stacks;

  Phase(String characters, Place stacks) {
    this.stacks = stacks;
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

  Place stacks() {
    return stacks;
  }

  static Phase of(int ordinal) {
    return ALL[ordinal];
  }
}
