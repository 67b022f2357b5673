package ai.kolm.grammar.regex;

import static ai.kolm.grammar.regex.RegexAlgebra.ANY;
import static ai.kolm.grammar.regex.RegexAlgebra.ANY_TEXT;
import static ai.kolm.grammar.regex.RegexAlgebra.UNBOUNDED;

import ai.kolm.grammar.regex.RegexAlgebra.Kind;
import java.util.Arrays;

/** What is seen of a language from how it is written, without following its texts. */
public final class Shapes {
  private Shapes() {}

  /** Whether {@code a} is so many times one of some characters. */
  public static boolean isRun(RegexAlgebra algebra, int a) {
    return algebra.kind(a) == Kind.REPEAT && algebra.kind(algebra.first(a)) == Kind.CLASS;
  }

  /** The characters of a {@linkplain #isRun run}, as {@link CodePoints} has them. */
  public static int[] charactersOfRun(RegexAlgebra algebra, int a) {
    return algebra.kids(algebra.first(a));
  }

  /**
   * The most characters of a {@linkplain #isRun run}; {@link RegexAlgebra#UNBOUNDED} for no bound.
   */
  public static int longestRun(RegexAlgebra algebra, int a) {
    return algebra.third(a);
  }

  /** The languages {@code a} is the union of: itself, if it is no union. Not to be changed. */
  public static int[] alternatives(RegexAlgebra algebra, int a) {
    return algebra.kind(a) == Kind.UNION ? algebra.kids(a) : new int[] {a};
  }

  /** {@code a}, or a larger language from which only finitely many texts are missing in it. */
  public static int withoutExceptions(RegexAlgebra algebra, int a) {
    return switch (algebra.kind(a)) {
      case NOT -> algebra.longest(algebra.first(a)) < UNBOUNDED ? ANY_TEXT : a;
      case INTERSECTION ->
          algebra.intersect(
              Arrays.stream(algebra.kids(a)).map(kid -> withoutExceptions(algebra, kid)).toArray());
      default -> a;
    };
  }

  static int freedom(RegexAlgebra algebra, int a) {
    return switch (algebra.kind(a)) {
      case REPEAT -> algebra.first(a) == ANY ? algebra.third(a) : 0;
      case CONCAT -> algebra.isPlain(algebra.second(a)) ? freedom(algebra, algebra.first(a)) : 0;
      case UNION -> {
        int free = 0;
        for (int kid : algebra.kids(a)) {
          free = Math.max(free, freedom(algebra, kid));
        }
        yield free;
      }
      case NOT -> algebra.longest(algebra.first(a)) < UNBOUNDED ? UNBOUNDED : 0;
      case INTERSECTION -> {
        int inner = withoutExceptions(algebra, a);
        int free = inner == a ? 0 : freedom(algebra, inner);
        yield free == UNBOUNDED ? free : Math.max(0, free - 1);
      }
      case EMPTY, EPSILON, CLASS, LEAF -> 0;
    };
  }
}
