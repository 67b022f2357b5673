package ai.kolm.grammar.lexer;

import ai.kolm.grammar.regex.CodePoints;
import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.Arrays;

/**
 * Several languages read side by side: {@code slot0, language0, slot1, language1, ...}. Those that
 * nothing can satisfy any more are left out.
 */
final class Slots {
  private static final int[] NONE = {};

  private Slots() {}

  static int[] alive(RegexAlgebra algebra, int[] pairs) {
    int size = 0;
    int[] kept = pairs.clone();
    for (int i = 0; i < pairs.length; i += 2) {
      if (algebra.isSatisfiable(pairs[i + 1])) {
        kept[size++] = pairs[i];
        kept[size++] = pairs[i + 1];
      }
    }
    return size == kept.length ? kept : Arrays.copyOf(kept, size);
  }

  static int[] derive(RegexAlgebra algebra, int[] pairs, int codePoint) {
    int[] kept = new int[pairs.length];
    int size = 0;
    for (int i = 0; i < pairs.length; i += 2) {
      int next = algebra.derive(pairs[i + 1], codePoint);
      if (algebra.isSatisfiable(next)) {
        kept[size++] = pairs[i];
        kept[size++] = next;
      }
    }
    return size == kept.length ? kept : Arrays.copyOf(kept, size);
  }

  /** Per character below 0x80 what {@link #derive} gives. */
  static int[][] deriveAscii(RegexAlgebra algebra, int[] pairs) {
    int[][] derived = new int[0x80][];
    Arrays.fill(derived, NONE);
    for (int i = 0; i < pairs.length; i += 2) {
      int[] cuts = algebra.cuts(pairs[i + 1]);
      int from = 0;
      for (int cut = 0; from < 0x80; cut++) {
        int to = cut < cuts.length ? Math.min(cuts[cut], 0x80) : 0x80;
        int next = algebra.derive(pairs[i + 1], from);
        if (to > from && algebra.isSatisfiable(next)) {
          append(derived, from, to, pairs[i], next);
        }
        from = to;
      }
    }
    return derived;
  }

  @SuppressWarnings("ReferenceEquality") // neighbours that are the same array stay so
  private static void append(int[][] derived, int from, int to, int slot, int language) {
    int[] before = NONE;
    int[] after = NONE;
    for (int c = from; c < to; c++) {
      if (c == from || derived[c] != before) {
        before = derived[c];
        after = Arrays.copyOf(before, before.length + 2);
        after[before.length] = slot;
        after[before.length + 1] = language;
      }
      derived[c] = after;
    }
  }

  /** The numbers of the slots whose language has the empty text. */
  static int[] accepting(RegexAlgebra algebra, int[] pairs) {
    int[] slots = new int[pairs.length / 2];
    int size = 0;
    for (int i = 0; i < pairs.length; i += 2) {
      if (algebra.isNullable(pairs[i + 1])) {
        slots[size++] = pairs[i];
      }
    }
    return Arrays.copyOf(slots, size);
  }

  /** Whether all characters from {@code lo} to {@code hi} have the same derivatives. */
  static boolean uniform(RegexAlgebra algebra, int[] pairs, int lo, int hi) {
    for (int i = 0; i < pairs.length; i += 2) {
      int[] cuts = algebra.cuts(pairs[i + 1]);
      int at = Arrays.binarySearch(cuts, lo + 1);
      int next = at >= 0 ? at : -at - 1;
      if (next < cuts.length && cuts[next] <= hi) {
        return false;
      }
    }
    return true;
  }

  /** Whether some character from {@code lo} to {@code hi} keeps a slot alive. */
  static boolean takesAny(RegexAlgebra algebra, int[] pairs, int lo, int hi) {
    for (int i = 0; i < pairs.length; i += 2) {
      if (takesAny(algebra, pairs[i + 1], lo, hi)) {
        return true;
      }
    }
    return false;
  }

  private static boolean takesAny(RegexAlgebra algebra, int language, int lo, int hi) {
    int[] cuts = algebra.cuts(language);
    int at = Arrays.binarySearch(cuts, lo + 1);
    int next = at >= 0 ? at : -at - 1;
    int start = character(lo);
    while (start <= hi) {
      if (algebra.isSatisfiable(algebra.derive(language, start))) {
        return true;
      }
      start = next < cuts.length ? character(cuts[next++]) : CodePoints.MAX + 1;
    }
    return false;
  }

  private static int character(int codePoint) {
    return codePoint >= 0xD800 && codePoint <= 0xDFFF ? 0xE000 : codePoint;
  }
}
