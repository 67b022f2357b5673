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
 * of them begin a text that is. A count below the horizon may be looked beyond too; then this holds
 * for texts that are shorter than that count.
 *
 * <p>For one thread at a time.
 */
public final class Horizon {
  /**
   * A language as it looks.
   *
   * @param language another that cannot be told from it
   * @param characters by texts of at most so many characters
   */
  public record View(int language, int characters) {}

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
  private final int least;
  private final Map<Integer, View> seen = new HashMap<>();
  private final Map<Integer, Reach> reaches = new HashMap<>();

  /**
   * @param algebra the languages
   * @param characters the horizon
   * @param least counts from here on are looked beyond, at most {@code characters}
   */
  public Horizon(RegexAlgebra algebra, int characters, int least) {
    this.algebra = algebra;
    this.characters = characters;
    this.least = least;
  }

  /** What {@code a} looks like. */
  public View of(int a) {
    if (algebra.longest(a) < least) {
      return new View(a, characters);
    }
    View known = seen.get(a);
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
  private View plain(int a) {
    return switch (algebra.kind(a)) {
      case CONCAT -> concat(a);
      case UNION -> union(a);
      case REPEAT -> repeat(a);
      default -> new View(a, characters);
    };
  }

  private View repeat(int a) {
    int max = algebra.third(a);
    if (algebra.kind(algebra.first(a)) != Kind.CLASS || max < least) {
      return new View(a, characters);
    }
    int min = fewest(algebra.second(a));
    return new View(algebra.repeat(algebra.first(a), min, UNBOUNDED), Math.min(max, characters));
  }

  private View concat(int a) {
    int[] parts = new int[8];
    int size = 0;
    int rest = a;
    for (; algebra.kind(rest) == Kind.CONCAT; rest = algebra.second(rest)) {
      if (size == parts.length) {
        parts = Arrays.copyOf(parts, 2 * size);
      }
      parts[size++] = algebra.first(rest);
    }
    View view = of(rest);
    int result = view.language;
    int upTo = view.characters;
    while (size > 0) {
      view = of(parts[--size]);
      result = algebra.concat(view.language, result);
      upTo = Math.min(upTo, view.characters);
    }
    return new View(result, upTo);
  }

  private View union(int a) {
    int[] kids = algebra.kids(a).clone();
    int upTo = characters;
    for (int i = 0; i < kids.length; i++) {
      View view = of(kids[i]);
      kids[i] = view.language;
      upTo = Math.min(upTo, view.characters);
    }
    return new View(algebra.union(kids), upTo);
  }

  private int fewest(int min) {
    return Math.min(min, characters + 1);
  }

  private View other(int a) {
    if (algebra.kind(a) == Kind.UNION) {
      return union(a);
    }
    int run = algebra.lengths().runOfAnything(a);
    if (run < 0) {
      return new View(a, characters);
    }
    int plain = algebra.lengths().other(a, run);
    int min = algebra.second(run);
    Reach reach = reach(plain);
    int slack = algebra.third(run) - reach.most;
    if (reach.most == TOO_MANY || slack < least || (min > 0 && !reach.endless)) {
      return new View(a, characters);
    }
    View view = of(plain);
    return new View(
        algebra.intersect(view.language, algebra.repeat(ANY, fewest(min), UNBOUNDED)),
        Math.min(view.characters, slack));
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
