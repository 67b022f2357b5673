package ai.kolm.grammar.regex;

import static ai.kolm.grammar.regex.RegexAlgebra.ANY;
import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.regex.RegexAlgebra.Kind;
import java.util.Arrays;

/**
 * The lengths of the texts of expressions, from those of their parts. For a plain expression the
 * shortest and the longest are exact. Asked for every state of every pattern with a length: whether
 * a pattern and a range of lengths have a text in common is mostly seen here, without a search.
 */
final class Lengths {
  /** What lengths alone say about whether there is a text. */
  enum Verdict {
    YES,
    NO,
    UNKNOWN
  }

  private final RegexAlgebra algebra;
  private int[] shortest = new int[256];
  private int[] longest = new int[256];

  /** Whether every length from the shortest to the longest is that of some text. */
  private boolean[] gapless = new boolean[256];

  /** Of plain expressions only. */
  private int[] mostToEnd = new int[256];

  /** Of plain expressions only. */
  private boolean[] endless = new boolean[256];

  Lengths(RegexAlgebra algebra) {
    this.algebra = algebra;
  }

  /** No text of {@code node} has fewer characters. */
  int shortest(int node) {
    return shortest[node];
  }

  /** No text of {@code node} has more characters; {@link RegexAlgebra#UNBOUNDED}: none is known. */
  int longest(int node) {
    return longest[node];
  }

  /** Whatever text of plain {@code node} has been begun, so many more characters can end it. */
  int mostToEnd(int node) {
    return mostToEnd[node];
  }

  /**
   * Whether any text of plain {@code node} that has been begun can be ended by so many characters
   * as {@link #mostToEnd} says, and by any greater number. False where that is hard to see.
   */
  boolean isEndless(int node) {
    return endless[node];
  }

  /** Takes note of a new node, whose parts are known. */
  void add(int node) {
    if (node == shortest.length) {
      shortest = Arrays.copyOf(shortest, 2 * node);
      longest = Arrays.copyOf(longest, 2 * node);
      gapless = Arrays.copyOf(gapless, 2 * node);
      mostToEnd = Arrays.copyOf(mostToEnd, 2 * node);
      endless = Arrays.copyOf(endless, 2 * node);
    }
    addLengths(node);
    addEnds(node);
  }

  private void addLengths(int node) {
    int first = algebra.first(node);
    int second = algebra.second(node);
    switch (algebra.kind(node)) {
      case EMPTY, EPSILON -> set(node, 0, 0, true);
      case CLASS -> set(node, 1, 1, true);
      case CONCAT ->
          set(
              node,
              bounded((long) shortest[first] + shortest[second]),
              bounded((long) longest[first] + longest[second]),
              gapless[first] && gapless[second]);
      case REPEAT -> repeat(node, first, second, algebra.third(node));
      case UNION -> union(node, algebra.kids(node));
      case INTERSECTION -> {
        int most = Arrays.stream(algebra.kids(node)).map(kid -> longest[kid]).min().orElse(0);
        int least = Arrays.stream(algebra.kids(node)).map(kid -> shortest[kid]).max().orElse(0);
        set(node, least, most, false);
      }
      case NOT, LEAF -> set(node, 0, UNBOUNDED, false);
    }
  }

  /** Of what is left of a concatenation, the last part has all the lengths that it needs. */
  private void addEnds(int node) {
    int first = algebra.first(node);
    int[] kids = algebra.kids(node);
    switch (algebra.kind(node)) {
      case CLASS -> mostToEnd[node] = 1;
      case CONCAT -> {
        int second = algebra.second(node);
        long inFirst = (long) mostToEnd[first] + shortest[second];
        mostToEnd[node] = Math.max(bounded(inFirst), mostToEnd[second]);
        endless[node] = endless[second];
      }
      case REPEAT -> {
        long others = (long) shortest[first] * Math.max(0, algebra.second(node) - 1);
        mostToEnd[node] = bounded(mostToEnd[first] + others);
        boolean one = shortest[first] == 1 || (shortest[first] == 0 && gapless[first]);
        endless[node] = algebra.third(node) == UNBOUNDED && one && longest[first] > 0;
      }
      case UNION -> {
        mostToEnd[node] = Arrays.stream(kids).map(kid -> mostToEnd[kid]).max().orElse(0);
        endless[node] = Arrays.stream(kids).allMatch(kid -> endless[kid]);
      }
      case EMPTY, EPSILON, INTERSECTION, NOT, LEAF -> {}
    }
  }

  private void set(int node, int least, int most, boolean all) {
    shortest[node] = least;
    longest[node] = most;
    gapless[node] = all;
  }

  private void repeat(int node, int inner, int min, int max) {
    int least = shortest[inner];
    int most = longest[inner];
    // One more repeat begins where one less has ended at the latest.
    boolean joined =
        min == 0
            ? least <= 1
            : bounded((long) least * (min + 1L)) - 1L <= bounded((long) most * min);
    set(
        node,
        bounded((long) least * min),
        max == UNBOUNDED ? (most == 0 ? 0 : UNBOUNDED) : bounded((long) most * max),
        gapless[inner] && (joined || min == max));
  }

  private void union(int node, int[] kids) {
    int least = UNBOUNDED;
    int most = 0;
    boolean all = true;
    for (int kid : kids) {
      least = Math.min(least, shortest[kid]);
      most = Math.max(most, longest[kid]);
      all &= gapless[kid];
    }
    set(node, least, most, all && touch(kids));
  }

  /** Whether the ranges of lengths of {@code kids} leave no gap between them. */
  private boolean touch(int[] kids) {
    long[] ranges = new long[kids.length];
    for (int i = 0; i < kids.length; i++) {
      ranges[i] = (long) shortest[kids[i]] << 32 | longest[kids[i]];
    }
    Arrays.sort(ranges);
    long end = ranges[0] & 0xFFFFFFFFL;
    for (long range : ranges) {
      if (range >>> 32 > end + 1) {
        return false;
      }
      end = Math.max(end, range & 0xFFFFFFFFL);
    }
    return true;
  }

  private static int bounded(long length) {
    return (int) Math.min(length, UNBOUNDED);
  }

  /** What lengths say of an intersection of a plain expression and a range of lengths. */
  Verdict verdict(int node) {
    int run = runOfAnything(node);
    if (run < 0) {
      return Verdict.UNKNOWN;
    }
    int plain = other(node, run);
    int min = algebra.second(run);
    int max = algebra.third(run);
    if (shortest[plain] > max || longest[plain] < min) {
      return Verdict.NO;
    }
    return shortest[plain] >= min || gapless[plain] ? Verdict.YES : Verdict.UNKNOWN;
  }

  /**
   * If {@code node} is the intersection of a plain expression and a number of any characters, the
   * latter; otherwise -1.
   */
  int runOfAnything(int node) {
    if (algebra.kind(node) != Kind.INTERSECTION || algebra.kids(node).length != 2) {
      return -1;
    }
    for (int kid : algebra.kids(node)) {
      if (algebra.kind(kid) == Kind.REPEAT
          && algebra.first(kid) == ANY
          && algebra.isPlain(other(node, kid))) {
        return kid;
      }
    }
    return -1;
  }

  /** The part of an intersection of two that is not {@code kid}. */
  int other(int node, int kid) {
    int[] kids = algebra.kids(node);
    return kids[0] == kid ? kids[1] : kids[0];
  }
}
