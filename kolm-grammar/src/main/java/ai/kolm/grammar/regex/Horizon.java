package ai.kolm.grammar.regex;

import static ai.kolm.grammar.regex.RegexAlgebra.ANY;
import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.regex.RegexAlgebra.Kind;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Languages as they look to someone who sees no further than a number of characters, the length of
 * the longest token: counts above it are no different from no count. So the thousand states of
 * {@code [a-z]+} with at most a thousand characters look like two, and masks are made of those.
 *
 * <p>What is kept, exactly: which texts no longer than the horizon are in the language, and which
 * of them begin a text that is.
 *
 * <p>For one thread at a time.
 */
public final class Horizon {
  private static final int MAX_STATES = 256;
  private static final int TOO_MANY = -1;

  /**
   * What holds for everything that may be left of a plain expression.
   *
   * @param most characters that may still be needed to end a text, at most; -1: hard to say
   * @param endless whether texts of every greater length are possible too
   */
  private record Reach(int most, boolean endless) {}

  private final RegexAlgebra algebra;
  private final int characters;
  private final Map<Integer, Integer> seen = new HashMap<>();
  private final Map<Integer, Reach> reaches = new HashMap<>();

  /**
   * @param algebra the languages
   * @param characters the horizon
   */
  public Horizon(RegexAlgebra algebra, int characters) {
    this.algebra = algebra;
    this.characters = characters;
  }

  /** What {@code a} looks like. */
  public int of(int a) {
    if (algebra.longest(a) < characters) {
      return a;
    }
    Integer known = seen.get(a);
    if (known == null) {
      known = algebra.isPlain(a) ? plain(a) : other(a);
      seen.put(a, known);
    }
    return known;
  }

  /**
   * Within the horizon a text takes at most that many of a repeat's characters; what lies behind it
   * can have as many of them as the repeat asks for.
   */
  private int plain(int a) {
    return switch (algebra.kind(a)) {
      case CONCAT -> concat(a);
      case UNION -> algebra.union(each(algebra.kids(a)));
      case REPEAT ->
          algebra.kind(algebra.first(a)) == Kind.CLASS
              ? algebra.repeat(algebra.first(a), fewest(algebra.second(a)), most(algebra.third(a)))
              : a;
      default -> a;
    };
  }

  private int concat(int a) {
    int[] parts = new int[8];
    int size = 0;
    int rest = a;
    for (; algebra.kind(rest) == Kind.CONCAT; rest = algebra.second(rest)) {
      if (size == parts.length) {
        parts = Arrays.copyOf(parts, 2 * size);
      }
      parts[size++] = algebra.first(rest);
    }
    int result = of(rest);
    while (size > 0) {
      result = algebra.concat(of(parts[--size]), result);
    }
    return result;
  }

  private int[] each(int[] kids) {
    return Arrays.stream(kids).map(this::of).toArray();
  }

  private int fewest(int min) {
    return Math.min(min, characters + 1);
  }

  private int most(int max) {
    return max >= characters ? UNBOUNDED : max;
  }

  private int other(int a) {
    if (algebra.kind(a) == Kind.UNION) {
      return algebra.union(each(algebra.kids(a)));
    }
    int run = algebra.lengths().runOfAnything(a);
    if (run < 0) {
      return a;
    }
    int plain = algebra.lengths().other(a, run);
    int min = algebra.second(run);
    Reach reach = reach(plain);
    if (reach.most == TOO_MANY
        || (long) reach.most + characters > algebra.third(run)
        || (min > 0 && !reach.endless)) {
      return a;
    }
    return algebra.intersect(of(plain), algebra.repeat(ANY, fewest(min), UNBOUNDED));
  }

  private Reach reach(int plain) {
    Reach known = reaches.get(plain);
    if (known != null) {
      return known;
    }
    BitSet states = new BitSet();
    Reach reach = follow(plain, states);
    if (reach.most == TOO_MANY) {
      reaches.put(plain, reach);
    } else {
      // What is left of what is left is among them.
      states.stream().forEach(state -> reaches.putIfAbsent(state, reach));
    }
    return reach;
  }

  private Reach follow(int start, BitSet states) {
    int[] open = new int[MAX_STATES + 1];
    int size = 0;
    int done = 0;
    open[size++] = start;
    states.set(start);
    int most = 0;
    boolean endless = true;
    while (done < size) {
      int state = open[done++];
      algebra.budget().spend(1);
      most = Math.max(most, algebra.lengths().shortest(state));
      endless &= algebra.lengths().isEveryLengthFromShortest(state);
      int[] cuts = algebra.cuts(state);
      for (int i = -1; i < cuts.length; i++) {
        int next = algebra.derive(state, i < 0 ? 0 : cuts[i]);
        if (next == RegexAlgebra.EMPTY || states.get(next)) {
          continue;
        }
        if (size > MAX_STATES) {
          return new Reach(TOO_MANY, false);
        }
        states.set(next);
        open[size++] = next;
      }
    }
    return new Reach(most, endless);
  }
}
