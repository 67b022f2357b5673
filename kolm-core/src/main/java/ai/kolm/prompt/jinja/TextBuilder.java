package ai.kolm.prompt.jinja;

import java.util.Arrays;

/** Collects a {@link Text} piece by piece and pays for every character and every run first. */
final class TextBuilder {
  private final Budget budget;
  private final StringBuilder chars = new StringBuilder();

  /** As {@code Text.own}. */
  private int[] own = new int[8];

  private int ownLength;

  TextBuilder(Budget budget) {
    this.budget = budget;
  }

  int length() {
    return chars.length();
  }

  TextBuilder append(String piece, boolean template) {
    grow(piece.length());
    int start = chars.length();
    chars.append(piece);
    if (template) {
      markTemplate(start, chars.length());
    }
    return this;
  }

  TextBuilder append(Text text) {
    return append(text, 0, text.chars().length());
  }

  /** The characters of {@code text} from one UTF-16 offset to another. */
  TextBuilder append(Text text, int from, int to) {
    grow(to - from);
    int start = chars.length();
    chars.append(text.chars(), from, to);
    text.copyRuns(from, to, start - from, this);
    return this;
  }

  /** Says that the template wrote {@code [from, to)}, which lies behind all said before. */
  void markTemplate(int from, int to) {
    if (from >= to) {
      return;
    }
    if (ownLength > 0 && own[ownLength - 1] == from) {
      own[ownLength - 1] = to;
      return;
    }
    budget.visit();
    if (ownLength == own.length) {
      own = Arrays.copyOf(own, 2 * ownLength);
    }
    own[ownLength++] = from;
    own[ownLength++] = to;
  }

  Text build() {
    return chars.isEmpty()
        ? Text.EMPTY
        : new Text(chars.toString(), Arrays.copyOf(own, ownLength), false);
  }

  /** Only the new characters are paid for; the length counts as a whole. */
  private void grow(int more) {
    budget.length(chars.length() + (long) more);
    budget.work(more);
  }
}
