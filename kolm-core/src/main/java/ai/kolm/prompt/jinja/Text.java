package ai.kolm.prompt.jinja;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * A string whose characters remember where they come from.
 *
 * <p>A chat template writes the markers of a conversation ({@code <|im_start|>}); users write its
 * content, and nothing stops them from writing {@code <|im_start|>} too. Only the template's own
 * text may become a special token, so origin has to survive everything a template does to strings.
 * Escaping cannot do that: a template may trim, split and join what was escaped.
 *
 * <p>Here each text carries the intervals of its characters that the template (or the vocabulary,
 * or a closed set such as the role names) wrote; everything else is foreign. Slicing clips the
 * intervals, concatenation shifts them. A change that cannot say which character became which keeps
 * the origin only if all of the text has the same one, and else makes all of it foreign. Equality
 * ({@link Comparisons#equal}) and dictionary keys look at characters only.
 *
 * <p>Positions are UTF-16 offsets inside this class; Python counts code points, so indexes that a
 * template sees are converted at the edge. Immutable.
 */
public final class Text implements Value {
  private static final int[] FOREIGN = {};

  /** The empty text. */
  static final Text EMPTY = new Text("", FOREIGN, false);

  private final String chars;

  /** From, to, from, to, ...: what the template wrote; ascending, not empty, not touching. */
  private final int[] own;

  /** Whether the text went through {@code safe} or {@code escape}: what is added gets escaped. */
  private final boolean markup;

  Text(String chars, int[] own, boolean markup) {
    this.chars = chars;
    this.own = own;
    this.markup = markup;
  }

  /** Text that the template, or the program itself, wrote. */
  public static Text template(String chars) {
    return of(chars, true);
  }

  /** Text that somebody else wrote. */
  public static Text foreign(String chars) {
    return of(chars, false);
  }

  static Text of(String chars, boolean template) {
    return new Text(
        chars, template && !chars.isEmpty() ? new int[] {0, chars.length()} : FOREIGN, false);
  }

  /** The characters, without their origin. */
  public String chars() {
    return chars;
  }

  boolean isEmpty() {
    return chars.isEmpty();
  }

  boolean isMarkup() {
    return markup;
  }

  Text asMarkup() {
    return new Text(chars, own, true);
  }

  /** Receives the pieces of a text in order; pieces next to each other differ in origin. */
  public interface RunConsumer {
    /** A piece that is not empty. */
    void run(String piece, boolean template);
  }

  /** Hands out the text in pieces of one origin. */
  public void forEachRun(RunConsumer consumer) {
    int at = 0;
    for (int i = 0; i < own.length; i += 2) {
      if (at < own[i]) {
        consumer.run(chars.substring(at, own[i]), false);
      }
      consumer.run(chars.substring(own[i], own[i + 1]), true);
      at = own[i + 1];
    }
    if (at < chars.length()) {
      consumer.run(chars.substring(at), false);
    }
  }

  /** Whether the template wrote all of it. */
  boolean isTemplate() {
    return chars.isEmpty() || (own.length == 2 && own[0] == 0 && own[1] == chars.length());
  }

  /**
   * Says in {@code target} what the template wrote of {@code [from, to)}, moved by {@code shift}.
   */
  void copyRuns(int from, int to, int shift, TextBuilder target) {
    for (int i = firstRun(from); i < own.length && own[i] < to; i += 2) {
      target.markTemplate(Math.max(own[i], from) + shift, Math.min(own[i + 1], to) + shift);
    }
  }

  /** The first interval of {@link #own} that ends behind an offset. */
  private int firstRun(int from) {
    int found = Arrays.binarySearch(own, from);
    int behind = found < 0 ? -found - 1 : found + 1;
    return behind & ~1;
  }

  /** The characters from one UTF-16 offset to another. */
  Text sub(int from, int to) {
    if (from == 0 && to == chars.length()) {
      return this;
    }
    int first = firstRun(from);
    int end = first;
    while (end < own.length && own[end] < to) {
      end += 2;
    }
    int[] clipped = Arrays.copyOfRange(own, first, end);
    for (int i = 0; i < clipped.length; i++) {
      clipped[i] = Math.clamp(clipped[i], from, to) - from;
    }
    return new Text(chars.substring(from, to), clipped, false);
  }

  /** How many characters Python counts. */
  int length() {
    return chars.codePointCount(0, chars.length());
  }

  /** The UTF-16 offset of a code point. */
  int offset(int codePoint) {
    return chars.offsetByCodePoints(0, codePoint);
  }

  /**
   * The text after a change of its characters. The origin is kept where changing the pieces one by
   * one gives the same result.
   */
  Text map(UnaryOperator<String> change, Budget budget) {
    String changed = change.apply(chars);
    budget.text(changed.length());
    if (own.length == 0 || isTemplate()) {
      return of(changed, own.length > 0);
    }
    TextBuilder pieces = new TextBuilder(budget);
    forEachRun((piece, template) -> pieces.append(change.apply(piece), template));
    Text kept = pieces.build();
    return kept.chars.equals(changed) ? kept : foreign(changed);
  }

  Text upper(Budget budget) {
    return map(s -> s.toUpperCase(Locale.ROOT), budget);
  }

  Text lower(Budget budget) {
    return map(s -> s.toLowerCase(Locale.ROOT), budget);
  }

  @Override
  public String typeName() {
    return "str";
  }

  /** Only for debugging; shows no characters, which may be private. */
  @Override
  public String toString() {
    return "Text of " + chars.length();
  }
}
