package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.CodePoints;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/** Finite sets of texts as languages: tries, whose equal ends the algebra shares. */
final class Literals {
  /** Beyond this depth of branching the rest of a trie is a plain union. */
  private static final int MAX_DEPTH = 200;

  private Literals() {}

  static int of(RegexAlgebra algebra, List<String> texts) {
    List<String> sorted = List.copyOf(new TreeSet<>(texts));
    return trie(algebra, sorted, 0, sorted.size(), 0, 0);
  }

  /** The texts from {@code start} to {@code end}, which share their first {@code from} chars. */
  private static int trie(
      RegexAlgebra algebra, List<String> texts, int start, int end, int from, int depth) {
    if (start == end) {
      return RegexAlgebra.EMPTY;
    }
    String first = texts.get(start);
    String last = texts.get(end - 1);
    if (end - start == 1) {
      return algebra.literal(first.substring(from));
    }
    if (depth == MAX_DEPTH) {
      return algebra.union(
          texts.subList(start, end).stream()
              .mapToInt(text -> algebra.literal(text.substring(from)))
              .toArray());
    }
    int shared = from;
    while (shared < first.length() && first.charAt(shared) == last.charAt(shared)) {
      shared++;
    }
    if (shared > from && Character.isHighSurrogate(first.charAt(shared - 1))) {
      shared--;
    }
    int node = branches(algebra, texts, start, end, shared, depth);
    return algebra.concat(algebra.literal(first.substring(from, shared)), node);
  }

  private static int branches(
      RegexAlgebra algebra, List<String> texts, int start, int end, int from, int depth) {
    int next = start;
    int[] parts = new int[end - start];
    int count = 0;
    if (texts.get(start).length() == from) {
      parts[count++] = RegexAlgebra.EPSILON;
      next++;
    }
    while (next < end) {
      int codePoint = texts.get(next).codePointAt(from);
      int group = next;
      while (next < end && texts.get(next).codePointAt(from) == codePoint) {
        next++;
      }
      int rest =
          trie(algebra, texts, group, next, from + Character.charCount(codePoint), depth + 1);
      parts[count++] =
          algebra.concat(algebra.characters(CodePoints.of(codePoint, codePoint)), rest);
    }
    return algebra.union(Arrays.copyOf(parts, count));
  }
}
