package ai.kolm.grammar.regex;

import java.util.Arrays;

/** The lengths of the texts of an expression, from those of its parts. */
final class Lengths {
  private Lengths() {}

  /**
   * No text of {@code node} has more characters; {@link RegexAlgebra#UNBOUNDED} if none is known.
   */
  static int longest(RegexAlgebra algebra, int node) {
    int first = algebra.first(node);
    return switch (algebra.kind(node)) {
      case EMPTY, EPSILON -> 0;
      case CLASS -> 1;
      case CONCAT -> bounded((long) algebra.longest(first) + algebra.longest(algebra.second(node)));
      case REPEAT ->
          algebra.third(node) == RegexAlgebra.UNBOUNDED
              ? RegexAlgebra.UNBOUNDED
              : bounded((long) algebra.longest(first) * algebra.third(node));
      case UNION -> Arrays.stream(algebra.kids(node)).map(algebra::longest).max().orElse(0);
      case INTERSECTION -> Arrays.stream(algebra.kids(node)).map(algebra::longest).min().orElse(0);
      case NOT, LEAF -> RegexAlgebra.UNBOUNDED;
    };
  }

  private static int bounded(long length) {
    return (int) Math.min(length, RegexAlgebra.UNBOUNDED);
  }
}
