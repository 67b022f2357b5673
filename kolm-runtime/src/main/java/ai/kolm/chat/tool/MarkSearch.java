package ai.kolm.chat.tool;

/**
 * Looks for a mark in a text that comes in pieces. What may be the beginning of the mark is held
 * back until it is clear.
 */
final class MarkSearch {
  private final String mark;
  private int matched;

  MarkSearch(String mark) {
    this.mark = mark;
  }

  /**
   * Takes the next character.
   *
   * @param text gets what turns out to be no part of the mark
   * @return whether the mark is complete; the search starts over then
   */
  boolean next(char c, StringBuilder text) {
    if (mark.isEmpty()) {
      text.append(c);
      return false;
    }
    while (matched > 0 && mark.charAt(matched) != c) {
      int shorter = shorter();
      text.append(mark, 0, matched - shorter);
      matched = shorter;
    }
    if (mark.charAt(matched) != c) {
      text.append(c);
      return false;
    }
    matched++;
    if (matched < mark.length()) {
      return false;
    }
    matched = 0;
    return true;
  }

  /** The next shorter beginning of the mark that the text ends with; marks are short. */
  private int shorter() {
    for (int length = matched - 1; length > 0; length--) {
      if (mark.startsWith(mark.substring(matched - length, matched))) {
        return length;
      }
    }
    return 0;
  }

  /** The text has ended: gives back what was held. */
  void finish(StringBuilder text) {
    text.append(mark, 0, matched);
    matched = 0;
  }
}
