package ai.kolm.prompt.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The string methods that take a text apart; every piece keeps its origin. */
final class TextSplits {
  private TextSplits() {}

  /**
   * Python's {@code strip} family.
   *
   * @param characters to take off; {@code null}: white space
   */
  static Text strip(
      Text text, @Nullable String characters, boolean left, boolean right, Budget budget) {
    String chars = text.chars();
    int from = 0;
    int to = chars.length();
    while (left && from < to && strips(chars.codePointAt(from), characters, budget)) {
      from += Character.charCount(chars.codePointAt(from));
    }
    while (right && from < to && strips(chars.codePointBefore(to), characters, budget)) {
      to -= Character.charCount(chars.codePointBefore(to));
    }
    budget.work(to - from);
    return text.sub(from, to);
  }

  private static boolean strips(int c, @Nullable String characters, Budget budget) {
    if (characters == null) {
      budget.work(1);
      return PyStrings.isSpace(c);
    }
    budget.work(1 + characters.length() / 16);
    return characters.indexOf(c) >= 0;
  }

  /** {@code split(separator, limit)}; a negative limit is none. */
  static List<Value> split(Text text, Text separator, long limit, Budget budget) {
    int width = checkSeparator(text, separator, budget);
    String chars = text.chars();
    List<Value> parts = new ArrayList<>();
    int from = 0;
    int at = chars.indexOf(separator.chars());
    while (at >= 0 && (limit < 0 || parts.size() < limit)) {
      add(parts, text, from, at, budget);
      from = at + width;
      at = chars.indexOf(separator.chars(), from);
    }
    add(parts, text, from, chars.length(), budget);
    return parts;
  }

  /** {@code rsplit(separator, limit)}. */
  static List<Value> splitFromEnd(Text text, Text separator, long limit, Budget budget) {
    int width = checkSeparator(text, separator, budget);
    String chars = text.chars();
    List<Value> parts = new ArrayList<>();
    int to = chars.length();
    int at = chars.lastIndexOf(separator.chars());
    while (at >= 0 && (limit < 0 || parts.size() < limit)) {
      add(parts, text, at + width, to, budget);
      to = at;
      at = to < width ? -1 : chars.lastIndexOf(separator.chars(), to - width);
    }
    add(parts, text, 0, to, budget);
    Collections.reverse(parts);
    return parts;
  }

  private static int checkSeparator(Text text, Text separator, Budget budget) {
    if (separator.isEmpty()) {
      throw TemplateError.evaluation("empty separator");
    }
    Operators.search(text, separator, budget);
    return separator.chars().length();
  }

  /** {@code split()}: the words. Behind {@code limit} words comes the rest. */
  static List<Value> words(Text text, long limit, Budget budget) {
    String chars = text.chars();
    budget.work(chars.length());
    List<Value> parts = new ArrayList<>();
    int from = skip(chars, 0, true);
    while (from < chars.length()) {
      int to = skip(chars, from, false);
      if (limit >= 0 && parts.size() >= limit) {
        add(parts, text, from, chars.length(), budget);
        return parts;
      }
      add(parts, text, from, to, budget);
      from = skip(chars, to, true);
    }
    return parts;
  }

  private static int skip(String chars, int from, boolean space) {
    int i = from;
    while (i < chars.length() && PyStrings.isSpace(chars.charAt(i)) == space) {
      i++;
    }
    return i;
  }

  static List<Value> lines(Text text, boolean keepEnds, Budget budget) {
    String chars = text.chars();
    List<Value> lines = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < chars.length(); i++) {
      if (endsLine(chars.charAt(i))) {
        int next = i + (chars.startsWith("\r\n", i) ? 2 : 1);
        add(lines, text, from, keepEnds ? next : i, budget);
        from = next;
        i = next - 1;
      }
    }
    if (from < chars.length()) {
      add(lines, text, from, chars.length(), budget);
    }
    return lines;
  }

  private static boolean endsLine(char c) {
    return switch (c) {
      case '\n', '\r', 0x0b, '\f', 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029 -> true;
      default -> false;
    };
  }

  private static void add(List<Value> parts, Text text, int from, int to, Budget budget) {
    budget.item(parts.size());
    budget.work(to - from);
    parts.add(text.sub(from, to));
  }

  /** {@code partition}: in front of the separator, the separator, behind it. */
  static Value partition(Text text, Text separator, boolean last, Budget budget) {
    checkSeparator(text, separator, budget);
    String chars = text.chars();
    int at = last ? chars.lastIndexOf(separator.chars()) : chars.indexOf(separator.chars());
    if (at < 0) {
      return last
          ? Value.Seq.tuple(Text.EMPTY, Text.EMPTY, text)
          : Value.Seq.tuple(text, Text.EMPTY, Text.EMPTY);
    }
    int end = at + separator.chars().length();
    return Value.Seq.tuple(text.sub(0, at), text.sub(at, end), text.sub(end, chars.length()));
  }

  /** {@code replace(old, with, limit)}; a negative limit is none. */
  static Text replace(Text text, Text old, Text with, long limit, Budget budget) {
    Operators.search(text, old, budget);
    String chars = text.chars();
    TextBuilder out = new TextBuilder(budget);
    int from = 0;
    int at = chars.indexOf(old.chars());
    for (long n = 0; at >= 0 && (limit < 0 || n < limit); n++) {
      out.append(text, from, at).append(with);
      from = at + old.chars().length();
      if (old.isEmpty()) {
        if (at == chars.length()) {
          break;
        }
        int next = at + Character.charCount(chars.codePointAt(at));
        out.append(text, at, next);
        from = next;
        at = next;
      } else {
        at = chars.indexOf(old.chars(), from);
      }
    }
    return out.append(text, from, chars.length()).build();
  }
}
