package ai.kolm.grammar.regex;

import java.util.List;

/** The syntax tree of a regular expression. */
sealed interface Pattern {

  /** One character of a set, as {@link CodePoints} makes it. */
  record Characters(int[] set) implements Pattern {}

  /** One after the other. */
  record Sequence(List<Pattern> parts) implements Pattern {
    /** Copies the parts. */
    public Sequence {
      parts = List.copyOf(parts);
    }
  }

  /** One of several. */
  record Choice(List<Pattern> options) implements Pattern {
    /** Copies the options. */
    public Choice {
      options = List.copyOf(options);
    }
  }

  /** Again and again; {@code max} may be {@link RegexAlgebra#UNBOUNDED}. */
  record Repeat(Pattern inner, int min, int max) implements Pattern {}

  /** {@code ^}. */
  record Start() implements Pattern {}

  /** {@code $}. */
  record End() implements Pattern {}

  /** {@code (?=...)} or, negative, {@code (?!...)}. */
  record LookAhead(Pattern inner, boolean negative) implements Pattern {}

  /** The length of its shortest match, at most 1. */
  static int shortest(Pattern pattern) {
    return switch (pattern) {
      case Characters c -> 1;
      case Sequence s -> s.parts().stream().mapToInt(Pattern::shortest).max().orElse(0);
      case Choice c -> c.options().stream().mapToInt(Pattern::shortest).min().orElse(0);
      case Repeat r -> r.min() == 0 ? 0 : shortest(r.inner());
      case Start s -> 0;
      case End e -> 0;
      case LookAhead l -> 0;
    };
  }

  /** Whether it never takes a character. */
  static boolean isZeroWidth(Pattern pattern) {
    return switch (pattern) {
      case Characters c -> false;
      case Sequence s -> s.parts().stream().allMatch(Pattern::isZeroWidth);
      case Choice c -> c.options().stream().allMatch(Pattern::isZeroWidth);
      case Repeat r -> r.max() == 0 || isZeroWidth(r.inner());
      case Start s -> true;
      case End e -> true;
      case LookAhead l -> true;
    };
  }

  /** Whether an assertion is inside. */
  static boolean asserts(Pattern pattern) {
    return switch (pattern) {
      case Characters c -> false;
      case Sequence s -> s.parts().stream().anyMatch(Pattern::asserts);
      case Choice c -> c.options().stream().anyMatch(Pattern::asserts);
      case Repeat r -> asserts(r.inner());
      case Start s -> true;
      case End e -> true;
      case LookAhead l -> true;
    };
  }
}
