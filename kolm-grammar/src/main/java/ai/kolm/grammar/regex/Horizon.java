package ai.kolm.grammar.regex;

import static ai.kolm.grammar.regex.RegexAlgebra.ANY;
import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.regex.RegexAlgebra.Kind;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Languages as they look to someone who sees no further than a number of characters, the length of
 * the longest token: counts above it are no different from no count. So the thousand states of
 * {@code [a-z]+} with at most a thousand characters look like two, and masks are made of those.
 *
 * <p>What is kept, exactly: which texts no longer than the horizon begin a text of the language, or
 * are in it where that matters. A count below the horizon may be looked beyond too; then this holds
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

  private final RegexAlgebra algebra;
  private final int characters;
  private final int least;
  private final boolean wholeTexts;
  private final Ends ends;
  private final Map<Integer, View> seen = new HashMap<>();

  /**
   * @param algebra the languages
   * @param characters the horizon
   * @param least counts from here on are looked beyond, at most {@code characters}
   * @param wholeTexts whether it matters which texts are in a language, or only how they begin
   */
  public Horizon(RegexAlgebra algebra, int characters, int least, boolean wholeTexts) {
    this.algebra = algebra;
    this.characters = characters;
    this.least = least;
    this.wholeTexts = wholeTexts;
    this.ends = new Ends(algebra);
  }

  /** The number of languages that have been looked at. */
  public int size() {
    return seen.size();
  }

  /** What {@code a} looks like. */
  public View of(int a) {
    View known = seen.get(a);
    if (known == null) {
      known = algebra.isPlain(a) ? plain(a) : other(a);
      if (known.characters < (wholeTexts ? least : Math.min(least, algebra.longest(a)))) {
        known = new View(a, characters);
      }
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
    if (algebra.isNullable(algebra.first(a)) || max < least) {
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
    int run = run(a);
    if (run < 0) {
      return new View(a, characters);
    }
    int others = others(a, run);
    int min = algebra.second(run);
    int max = algebra.third(run);
    if (wholeTexts) {
      if (max == UNBOUNDED) {
        return new View(a, characters);
      }
      View view = of(others);
      int counted = algebra.repeat(ANY, fewest(min), UNBOUNDED);
      return new View(algebra.intersect(view.language, counted), Math.min(view.characters, max));
    }
    Ends.Reach reach = ends.of(others);
    boolean longEnough = min <= algebra.lengths().shortest(others);
    if (reach == null || !(longEnough || reach.endless())) {
      return new View(a, characters);
    }
    View view = of(others);
    return new View(view.language, Math.min(view.characters, max - reach.most()));
  }

  /** The part of an intersection that bounds the number of characters; -1 if there is none. */
  private int run(int a) {
    if (algebra.kind(a) == Kind.INTERSECTION) {
      for (int kid : algebra.kids(a)) {
        boolean counts = algebra.second(kid) > 0 || algebra.third(kid) < UNBOUNDED;
        if (Shapes.isRun(algebra, kid) && counts) {
          return kid;
        }
      }
    }
    return -1;
  }

  /** An intersection without the count of {@code run}, one of its parts. */
  private int others(int a, int run) {
    int[] kids = algebra.kids(a).clone();
    for (int i = 0; i < kids.length; i++) {
      kids[i] = kids[i] == run ? algebra.repeat(algebra.first(run), 0, UNBOUNDED) : kids[i];
    }
    return algebra.intersect(kids);
  }
}
