package ai.kolm.grammar.lexer;

/** Where inside a character the bytes read so far end. */
enum Lift {
  /** Between two characters of plain text. */
  TEXT,
  /** Between two characters of the body of a JSON string. */
  STRING,
  /** Inside a character of text: x, y: the range it can be of; z: bytes to come. */
  TEXT_UTF8,
  /** The same in a JSON string. */
  STRING_UTF8,
  /** As {@link #TEXT_UTF8}, the character being taken already; x: bytes to come. */
  TEXT_TAIL,
  /** The same in a JSON string. */
  STRING_TAIL,
  /** Behind a backslash. */
  ESCAPE,
  /** Inside {@code \}{@code uXXXX}; x: digits read, y: their value. */
  HEX,
  /** As {@link #HEX}, the character being taken already; x: digits to come. */
  HEX_TAIL,
  /**
   * Behind the escape of a high surrogate y; x: 0 before the backslash, 1 before the u, then two
   * more than the digits read, whose value is z.
   */
  LOW;

  /** Whether this is inside the body of a JSON string. */
  boolean inString() {
    return this != TEXT && this != TEXT_UTF8 && this != TEXT_TAIL;
  }

  /** Whether a character has just ended. */
  boolean atBoundary() {
    return this == TEXT || this == STRING;
  }
}
