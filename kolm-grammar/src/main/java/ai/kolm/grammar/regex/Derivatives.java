package ai.kolm.grammar.regex;

import static ai.kolm.grammar.regex.RegexAlgebra.EMPTY;
import static ai.kolm.grammar.regex.RegexAlgebra.EPSILON;
import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.regex.RegexAlgebra.Kind;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * The transitions of a {@link RegexAlgebra} and what can be reached by them. Recursion follows the
 * nesting of an expression only, which its parsers bound; long concatenations are loops.
 */
final class Derivatives {
  private static final int[] NO_CUTS = {};
  private static final byte UNKNOWN = 0;
  private static final byte SATISFIABLE = 1;
  private static final byte DEAD = 2;

  private final RegexAlgebra algebra;
  private final Lengths lengths;
  private int[] @Nullable [] cuts = new int[256][];

  /** Per node and range of its alphabet: the derivative plus one; 0 if not asked for yet. */
  private int[] @Nullable [] rows = new int[256][];

  private byte[] status = new byte[256];

  Derivatives(RegexAlgebra algebra, Lengths lengths) {
    this.algebra = algebra;
    this.lengths = lengths;
  }

  int derive(int node, int codePoint) {
    int[] starts = cuts(node);
    int found = Arrays.binarySearch(starts, codePoint);
    int range = found >= 0 ? found + 1 : -found - 1;
    int[] row = rows[node];
    if (row == null) {
      row = new int[starts.length + 1];
      rows[node] = row;
    }
    if (row[range] == 0) {
      row[range] = compute(node, codePoint) + 1;
    }
    return row[range] - 1;
  }

  private int compute(int node, int codePoint) {
    algebra.budget().spend(1);
    return switch (algebra.kind(node)) {
      case EMPTY, EPSILON -> EMPTY;
      case CLASS -> CodePoints.contains(algebra.kids(node), codePoint) ? EPSILON : EMPTY;
      case CONCAT -> concatenation(node, codePoint);
      case REPEAT -> repeat(node, codePoint);
      case UNION -> union(node, codePoint);
      case INTERSECTION -> intersection(node, codePoint);
      case NOT -> algebra.not(compute(algebra.first(node), codePoint));
      case LEAF -> {
        int index = algebra.first(node);
        yield algebra.leafState(index, algebra.leafAt(index).step(algebra.second(node), codePoint));
      }
    };
  }

  private int concatenation(int node, int codePoint) {
    int[] parts = new int[4];
    int count = 0;
    int rest = node;
    while (true) {
      algebra.budget().spend(1);
      boolean chain = algebra.kind(rest) == Kind.CONCAT;
      int head = chain ? algebra.first(rest) : rest;
      int derived = compute(head, codePoint);
      if (derived != EMPTY) {
        if (count == parts.length) {
          parts = Arrays.copyOf(parts, 2 * count);
        }
        parts[count++] = chain ? algebra.concat(derived, algebra.second(rest)) : derived;
      }
      if (!chain || !algebra.isNullable(head)) {
        return count == 1 ? parts[0] : algebra.union(Arrays.copyOf(parts, count));
      }
      rest = algebra.second(rest);
    }
  }

  private int repeat(int node, int codePoint) {
    int inner = algebra.first(node);
    int min = algebra.second(node);
    int max = algebra.third(node);
    int rest = algebra.repeat(inner, Math.max(0, min - 1), max == UNBOUNDED ? UNBOUNDED : max - 1);
    return algebra.concat(compute(inner, codePoint), rest);
  }

  private int union(int node, int codePoint) {
    int[] kids = algebra.kids(node);
    int[] derived = new int[kids.length];
    int size = 0;
    for (int kid : kids) {
      derived[size] = compute(kid, codePoint);
      size += derived[size] == EMPTY ? 0 : 1;
    }
    return switch (size) {
      case 0 -> EMPTY;
      case 1 -> derived[0];
      default -> algebra.union(Arrays.copyOf(derived, size));
    };
  }

  private int intersection(int node, int codePoint) {
    int[] kids = algebra.kids(node);
    int[] derived = new int[kids.length];
    // What is quick comes first, because it may be nothing. The parts come back in many
    // intersections: what follows a character is remembered for each of them.
    for (boolean quick = true; ; quick = false) {
      for (int i = 0; i < kids.length; i++) {
        Kind kind = algebra.kind(kids[i]);
        if ((kind != Kind.NOT && kind != Kind.UNION) == quick) {
          derived[i] = derive(kids[i], codePoint);
          if (derived[i] == EMPTY) {
            return EMPTY;
          }
        }
      }
      if (!quick) {
        return algebra.intersect(derived);
      }
    }
  }

  boolean matches(int node, String text) {
    if (algebra.kind(node) == Kind.NOT) {
      return !matches(algebra.first(node), text);
    }
    if (algebra.kind(node) == Kind.INTERSECTION) {
      return Arrays.stream(algebra.kids(node)).allMatch(kid -> matches(kid, text));
    }
    int left = node;
    for (int i = 0; i < text.length() && left != EMPTY; ) {
      int codePoint = text.codePointAt(i);
      i += Character.charCount(codePoint);
      left = derive(left, codePoint);
    }
    return algebra.isNullable(left);
  }

  int[] cuts(int node) {
    if (node >= cuts.length) {
      int capacity = Math.max(node + 1, 2 * cuts.length);
      cuts = Arrays.copyOf(cuts, capacity);
      rows = Arrays.copyOf(rows, capacity);
    }
    int[] known = cuts[node];
    if (known == null) {
      known = computeCuts(node);
      if (node >= cuts.length) {
        throw new AssertionError("nodes are not made here");
      }
      cuts[node] = known;
    }
    return known;
  }

  private int[] computeCuts(int node) {
    algebra.budget().spend(1);
    return switch (algebra.kind(node)) {
      case EMPTY, EPSILON -> NO_CUTS;
      case CLASS -> classCuts(algebra.kids(node));
      case CONCAT -> concatCuts(node);
      case REPEAT, NOT -> cuts(algebra.first(node));
      case UNION, INTERSECTION -> {
        int[] all = NO_CUTS;
        for (int kid : algebra.kids(node)) {
          all = append(all, cuts(kid));
        }
        yield sorted(all);
      }
      case LEAF -> algebra.leafAt(algebra.first(node)).cuts();
    };
  }

  private int[] concatCuts(int node) {
    int[] all = cuts(algebra.first(node));
    int rest = node;
    while (algebra.kind(rest) == Kind.CONCAT && algebra.isNullable(algebra.first(rest))) {
      rest = algebra.second(rest);
      int head = algebra.kind(rest) == Kind.CONCAT ? algebra.first(rest) : rest;
      algebra.budget().spend(1 + all.length / 8); // what is copied: long chains add up
      all = append(all, cuts(head));
    }
    return sorted(all);
  }

  private static int[] classCuts(int[] ranges) {
    int[] starts = new int[ranges.length];
    for (int i = 0; i < ranges.length; i += 2) {
      starts[i] = ranges[i];
      starts[i + 1] = ranges[i + 1] + 1;
    }
    return sorted(starts);
  }

  private static int[] append(int[] a, int[] b) {
    if (b.length == 0) {
      return a;
    }
    int[] all = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, all, a.length, b.length);
    return all;
  }

  private static int[] sorted(int[] starts) {
    int[] copy = starts.clone();
    for (int i = 0; i < copy.length; i++) {
      // A range never starts with a surrogate, so that its start may stand for it.
      copy[i] = copy[i] >= 0xD800 && copy[i] <= 0xDFFF ? 0xE000 : copy[i];
    }
    Arrays.sort(copy);
    int size = 0;
    for (int start : copy) {
      if (start > 0 && start <= CodePoints.MAX && (size == 0 || start != copy[size - 1])) {
        copy[size++] = start;
      }
    }
    return Arrays.copyOf(copy, size);
  }

  boolean isSatisfiable(int node) {
    if (algebra.isPlain(node) || algebra.isNullable(node)) {
      return node != EMPTY;
    }
    if (node >= status.length) {
      status = Arrays.copyOf(status, Math.max(node + 1, 2 * status.length));
    }
    if (status[node] == UNKNOWN && statusByLengths(node) == UNKNOWN) {
      search(node);
    }
    return status[node] == SATISFIABLE;
  }

  /** Depth-first search for a state that accepts; marks the path to it, or everything as dead. */
  private void search(int start) {
    Search search = new Search(start);
    while (search.top >= 0) {
      int node = search.nodes[search.top];
      if (algebra.isNullable(node) || algebra.isPlain(node) || statusOf(node) == SATISFIABLE) {
        search.markPath();
        return;
      }
      int range = search.ranges[search.top]++;
      int[] starts = cuts(node);
      if (range > starts.length) {
        search.top--;
        continue;
      }
      int next = derive(node, range == 0 ? 0 : starts[range - 1]);
      if (next != EMPTY && statusOf(next) != DEAD) {
        search.enter(next);
      }
    }
    for (int i = 0; i < search.seenCount; i++) {
      mark(search.seen[i], DEAD);
    }
  }

  private byte statusOf(int node) {
    byte known = node < status.length ? status[node] : UNKNOWN;
    return known == UNKNOWN ? statusByLengths(node) : known;
  }

  private byte statusByLengths(int node) {
    return switch (lengths.verdict(node)) {
      case YES -> mark(node, SATISFIABLE);
      case NO -> mark(node, DEAD);
      case UNKNOWN -> UNKNOWN;
    };
  }

  private byte mark(int node, byte value) {
    if (node >= status.length) {
      status = Arrays.copyOf(status, Math.max(node + 1, 2 * status.length));
    }
    status[node] = value;
    return value;
  }

  private final class Search {
    private int[] nodes = new int[16];
    private int[] ranges = new int[16];
    private int[] seen = new int[16];
    private int seenCount;
    private int top = -1;
    private final BitSet visited = new BitSet();

    Search(int start) {
      enter(start);
    }

    void enter(int node) {
      if (visited.get(node)) {
        return;
      }
      algebra.budget().spend(2);
      visited.set(node);
      if (seenCount == seen.length) {
        seen = Arrays.copyOf(seen, 2 * seenCount);
      }
      seen[seenCount++] = node;
      if (++top == nodes.length) {
        nodes = Arrays.copyOf(nodes, 2 * top);
        ranges = Arrays.copyOf(ranges, 2 * top);
      }
      nodes[top] = node;
      ranges[top] = 0;
    }

    void markPath() {
      for (int i = 0; i <= top; i++) {
        mark(nodes[i], SATISFIABLE);
      }
    }
  }
}
