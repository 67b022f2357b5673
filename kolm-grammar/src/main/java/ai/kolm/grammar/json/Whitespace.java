package ai.kolm.grammar.json;

import ai.kolm.grammar.JsonStyle;

/**
 * Bounded whitespace: at each place nothing, one space, or one line break with some blanks. A count
 * says how far it has come: 0 nothing, 1 the one space, 2 and above a line break and so many blanks
 * less two.
 */
record Whitespace(JsonStyle.Whitespace style) {
  private static final int MAX_BLANKS = 32;

  boolean isBlank(int value) {
    return value == ' ' || value == '\n' || value == '\t' || value == '\r';
  }

  /** The count after one more blank; -1 if it is not allowed. */
  int after(int count, int value) {
    if (style == JsonStyle.Whitespace.COMPACT) {
      return -1;
    }
    if (count == 0) {
      return value == ' ' ? 1 : value == '\n' ? 2 : -1;
    }
    boolean indents = count >= 2 && count < 2 + MAX_BLANKS;
    return indents && (value == ' ' || value == '\t') ? count + 1 : -1;
  }
}
