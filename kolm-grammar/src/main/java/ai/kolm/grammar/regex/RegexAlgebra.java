package ai.kolm.grammar.regex;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Regular languages over characters, as hash-consed expressions: an int names a language, equal
 * expressions have equal ints. Closed under union, intersection and complement.
 *
 * <p>The idea is Brzozowski's (Derivatives of Regular Expressions, 1964), in the form of Owens,
 * Reppy and Turon (Regular-expression derivatives re-examined, 2009): the derivative of a language
 * by a character is what may follow that character; expressions are states, derivatives are
 * transitions, made when first asked for and then remembered. Normal forms (sorted unions,
 * right-nested concatenations, absorbed complements) keep the states few. Counted repeats stay
 * symbolic: {@code a{0,1000000}} is one node.
 *
 * <p>Characters are code points, so a complement is one over text, not over bytes; the alphabet of
 * a state is cut into ranges on which its derivative is the same.
 *
 * <p>For one thread at a time.
 */
public final class RegexAlgebra {
  /** Nothing matches. */
  public static final int EMPTY = 0;

  /** The empty text matches. */
  public static final int EPSILON = 1;

  /** Any one character. */
  public static final int ANY = 2;

  /** Any text. */
  public static final int ANY_TEXT = 3;

  /** No upper bound of a repeat. */
  public static final int UNBOUNDED = Integer.MAX_VALUE;

  enum Kind {
    EMPTY,
    EPSILON,
    CLASS,
    CONCAT,
    REPEAT,
    UNION,
    INTERSECTION,
    NOT,
    LEAF
  }

  private static final int[] NO_KIDS = {};

  private final Budget budget;
  private final int maxNodes;
  private final List<LeafAutomaton> leaves = new ArrayList<>();
  private final Derivatives derivatives;
  private final Lengths lengths;
  private Kind[] kinds = new Kind[256];
  private int[] first = new int[256];
  private int[] second = new int[256];
  private int[] third = new int[256];
  private int[][] kids = new int[256][];
  private boolean[] nullable = new boolean[256];
  private boolean[] plain = new boolean[256];
  private int[] table = new int[1024];
  private final int[] singles = new int[0x80];
  private int size;

  /**
   * @param budget pays for every node and every derivative
   * @param maxNodes nodes that may be made
   */
  public RegexAlgebra(Budget budget, int maxNodes) {
    this.budget = budget;
    this.maxNodes = maxNodes;
    this.lengths = new Lengths(this);
    this.derivatives = new Derivatives(this, lengths);
    add(Kind.EMPTY, 0, 0, 0, NO_KIDS);
    add(Kind.EPSILON, 0, 0, 0, NO_KIDS);
    add(Kind.CLASS, 0, 0, 0, CodePoints.ALL);
    add(Kind.REPEAT, ANY, 0, UNBOUNDED, NO_KIDS);
  }

  Budget budget() {
    return budget;
  }

  /** One character of {@code set}, as {@link CodePoints} makes it. */
  public int characters(int[] set) {
    return set.length == 0 ? EMPTY : add(Kind.CLASS, 0, 0, 0, set);
  }

  /** Exactly {@code text}. */
  public int literal(String text) {
    int node = EPSILON;
    for (int i = text.length(); i > 0; ) {
      int codePoint = text.codePointBefore(i);
      i -= Character.charCount(codePoint);
      node = concat(single(codePoint), node);
    }
    return node;
  }

  /** The one character: most are asked for again and again. */
  private int single(int codePoint) {
    if (codePoint >= singles.length) {
      return characters(CodePoints.of(codePoint, codePoint));
    }
    if (singles[codePoint] == EMPTY) {
      singles[codePoint] = characters(CodePoints.of(codePoint, codePoint));
    }
    return singles[codePoint];
  }

  /** A language given by an automaton. */
  public int leaf(LeafAutomaton automaton) {
    int index = leaves.indexOf(automaton);
    if (index < 0) {
      index = leaves.size();
      leaves.add(automaton);
    }
    return leafState(index, automaton.start());
  }

  int leafState(int index, int state) {
    return state < 0 ? EMPTY : add(Kind.LEAF, index, state, 0, NO_KIDS);
  }

  /** {@code a}, then {@code b}. */
  public int concat(int a, int b) {
    if (a == EMPTY || b == EMPTY) {
      return EMPTY;
    }
    if (a == EPSILON) {
      return b;
    }
    if (b == EPSILON) {
      return a;
    }
    if (b == ANY_TEXT && nullable[a]) {
      return ANY_TEXT;
    }
    int[] spine = new int[8];
    int depth = 0;
    int head = a;
    while (kinds[head] == Kind.CONCAT) {
      if (depth == spine.length) {
        spine = Arrays.copyOf(spine, 2 * depth);
      }
      spine[depth++] = first[head];
      head = second[head];
    }
    int node = add(Kind.CONCAT, head, b, 0, NO_KIDS);
    while (depth > 0) {
      node = add(Kind.CONCAT, spine[--depth], node, 0, NO_KIDS);
    }
    return node;
  }

  /**
   * {@code a}, {@code min} to {@code max} times.
   *
   * @param max {@link #UNBOUNDED} for no bound
   */
  public int repeat(int a, int min, int max) {
    if (max == 0 || a == EPSILON) {
      return EPSILON;
    }
    if (a == EMPTY) {
      return min == 0 ? EPSILON : EMPTY;
    }
    if (min == 1 && max == 1) {
      return a;
    }
    if (kinds[a] == Kind.REPEAT && second[a] <= 1 && third[a] == UNBOUNDED) {
      return min == 0 ? repeat(first[a], 0, UNBOUNDED) : a;
    }
    return add(Kind.REPEAT, a, nullable[a] ? 0 : min, max, NO_KIDS);
  }

  /** {@code a} or {@code b}. */
  public int union(int a, int b) {
    return a == b || b == EMPTY || a == ANY_TEXT
        ? a
        : a == EMPTY || b == ANY_TEXT ? b : union(new int[] {a, b});
  }

  /** Any of {@code parts}. */
  public int union(int[] parts) {
    return Junction.union(this, parts);
  }

  /** Both {@code a} and {@code b}. */
  public int intersect(int a, int b) {
    return a == b || b == ANY_TEXT || a == EMPTY
        ? a
        : a == ANY_TEXT || b == EMPTY ? b : intersect(new int[] {a, b});
  }

  /** All of {@code parts}. */
  public int intersect(int[] parts) {
    return Junction.intersection(this, parts);
  }

  /** Every text that is not in {@code a}. */
  public int not(int a) {
    if (a == EMPTY) {
      return ANY_TEXT;
    }
    if (a == ANY_TEXT) {
      return EMPTY;
    }
    return kinds[a] == Kind.NOT ? first[a] : add(Kind.NOT, a, 0, 0, NO_KIDS);
  }

  /** {@code a} without {@code b}. */
  public int minus(int a, int b) {
    return intersect(a, not(b));
  }

  /** Whether the empty text is in {@code a}. */
  public boolean isNullable(int a) {
    return nullable[a];
  }

  /** What may follow {@code codePoint} in {@code a}. */
  public int derive(int a, int codePoint) {
    return derivatives.derive(a, codePoint);
  }

  /** Sorted starts of ranges on which {@link #derive} by {@code a} is the same; 0 is left out. */
  public int[] cuts(int a) {
    return derivatives.cuts(a);
  }

  /** Whether any text is in {@code a}. */
  public boolean isSatisfiable(int a) {
    return derivatives.isSatisfiable(a);
  }

  /** Whether {@code text} is in {@code a}. */
  public boolean matches(int a, String text) {
    return derivatives.matches(a, text);
  }

  /**
   * A number of characters, any characters, that may come next without {@code a} becoming
   * unsatisfiable; {@link #UNBOUNDED} for every text, 0 if that is hard to see.
   */
  public int freedom(int a) {
    return Shapes.freedom(this, a);
  }

  /** The number of nodes made so far. */
  public int size() {
    return size;
  }

  /** No text of {@code a} has more characters; {@link #UNBOUNDED} if there is no such bound. */
  public int longest(int a) {
    return lengths.longest(a);
  }

  Lengths lengths() {
    return lengths;
  }

  /** Whether {@code a} is satisfiable unless it is {@link #EMPTY}: nothing in it can cancel out. */
  boolean isPlain(int a) {
    return plain[a];
  }

  Kind kind(int a) {
    return kinds[a];
  }

  int first(int a) {
    return first[a];
  }

  int second(int a) {
    return second[a];
  }

  int third(int a) {
    return third[a];
  }

  /** The parts of a union or intersection; the ranges of a class. */
  int[] kids(int a) {
    return kids[a];
  }

  LeafAutomaton leafAt(int index) {
    return leaves.get(index);
  }

  int add(Kind kind, int a, int b, int c, int[] parts) {
    int hash = (((kind.hashCode() * 31 + a) * 31 + b) * 31 + c) * 31 + Arrays.hashCode(parts);
    hash ^= hash >>> 15;
    int slot = hash & (table.length - 1);
    for (int node; (node = table[slot] - 1) >= 0; slot = (slot + 1) & (table.length - 1)) {
      if (kinds[node] == kind
          && first[node] == a
          && second[node] == b
          && third[node] == c
          && Arrays.equals(kids[node], parts)) {
        return node;
      }
    }
    return insert(kind, a, b, c, parts, slot);
  }

  private int insert(Kind kind, int a, int b, int c, int[] parts, int slot) {
    budget.spend(1 + (parts.length >> 3));
    if (size == maxNodes) {
      throw new GrammarException(
          Code.TOO_COMPLEX, "nodes", "", "more than %,d expression nodes".formatted(maxNodes));
    }
    if (size == kinds.length) {
      grow();
    }
    kinds[size] = kind;
    first[size] = a;
    second[size] = b;
    third[size] = c;
    kids[size] = parts;
    nullable[size] = computeNullable(size);
    plain[size] = computePlain(size);
    lengths.add(size);
    table[slot] = ++size;
    if (2 * size > table.length) {
      rehash();
    }
    return size - 1;
  }

  private void grow() {
    int capacity = 2 * size;
    kinds = Arrays.copyOf(kinds, capacity);
    first = Arrays.copyOf(first, capacity);
    second = Arrays.copyOf(second, capacity);
    third = Arrays.copyOf(third, capacity);
    kids = Arrays.copyOf(kids, capacity);
    nullable = Arrays.copyOf(nullable, capacity);
    plain = Arrays.copyOf(plain, capacity);
  }

  private void rehash() {
    int[] old = table;
    table = new int[2 * old.length];
    for (int node = 0; node < size; node++) {
      int hash =
          (((kinds[node].hashCode() * 31 + first[node]) * 31 + second[node]) * 31 + third[node])
                  * 31
              + Arrays.hashCode(kids[node]);
      hash ^= hash >>> 15;
      int slot = hash & (table.length - 1);
      while (table[slot] != 0) {
        slot = (slot + 1) & (table.length - 1);
      }
      table[slot] = node + 1;
    }
  }

  private boolean computeNullable(int node) {
    return switch (kinds[node]) {
      case EMPTY, CLASS -> false;
      case EPSILON -> true;
      case CONCAT -> nullable[first[node]] && nullable[second[node]];
      case REPEAT -> second[node] == 0 || nullable[first[node]];
      case UNION -> Arrays.stream(kids[node]).anyMatch(kid -> nullable[kid]);
      case INTERSECTION -> Arrays.stream(kids[node]).allMatch(kid -> nullable[kid]);
      case NOT -> !nullable[first[node]];
      case LEAF -> leaves.get(first[node]).accepts(second[node]);
    };
  }

  private boolean computePlain(int node) {
    return switch (kinds[node]) {
      case EMPTY, EPSILON, CLASS -> true;
      case CONCAT -> plain[first[node]] && plain[second[node]];
      case REPEAT -> plain[first[node]];
      case UNION -> Arrays.stream(kids[node]).allMatch(kid -> plain[kid]);
      case INTERSECTION, NOT, LEAF -> false;
    };
  }
}
