package ai.kolm.grammar.regex;

import static ai.kolm.grammar.regex.RegexAlgebra.ANY;
import static ai.kolm.grammar.regex.RegexAlgebra.ANY_TEXT;
import static ai.kolm.grammar.regex.RegexAlgebra.EMPTY;
import static ai.kolm.grammar.regex.RegexAlgebra.EPSILON;

import ai.kolm.grammar.GrammarException;
import ai.kolm.grammar.GrammarException.Code;
import java.util.List;

/**
 * From syntax trees to languages. Each part is compiled together with the language of all that
 * follows it up to the end of the text; there assertions about what follows are intersections:
 * {@code $} leaves only the empty rest, {@code (?=X)} only rests that start with X. Whether a
 * {@code ^} holds is known where it stands: nothing has been read, or something has.
 */
final class PatternCompiler {
  private enum Before {
    NOTHING,
    SOMETHING,
    UNKNOWN
  }

  private final RegexAlgebra algebra;

  PatternCompiler(RegexAlgebra algebra) {
    this.algebra = algebra;
  }

  /** Texts in which {@code pattern} is found. */
  int found(Pattern pattern) {
    int atStart = compile(pattern, ANY_TEXT, Before.NOTHING);
    int later = compile(pattern, ANY_TEXT, Before.SOMETHING);
    if (atStart == later) {
      return algebra.concat(ANY_TEXT, atStart);
    }
    return algebra.union(atStart, algebra.concat(ANY, algebra.concat(ANY_TEXT, later)));
  }

  /** Texts that {@code pattern} matches from end to end. */
  int whole(Pattern pattern) {
    return compile(pattern, EPSILON, Before.NOTHING);
  }

  private int compile(Pattern pattern, int rest, Before before) {
    algebra.budget().spend(1);
    return switch (pattern) {
      case Pattern.Characters characters ->
          algebra.concat(algebra.characters(characters.set()), rest);
      case Pattern.Sequence sequence -> sequence(sequence.parts(), rest, before);
      case Pattern.Choice choice ->
          algebra.union(
              choice.options().stream()
                  .mapToInt(option -> compile(option, rest, before))
                  .toArray());
      case Pattern.Repeat repeat -> repeat(repeat, rest, before);
      case Pattern.Start start ->
          switch (before) {
            case NOTHING -> rest;
            case SOMETHING -> EMPTY;
            case UNKNOWN -> throw unsupported("^", "\"^\" behind a part that may match nothing");
          };
      case Pattern.End end -> algebra.isNullable(rest) ? EPSILON : EMPTY;
      case Pattern.LookAhead look -> {
        int inner = compile(look.inner(), ANY_TEXT, before);
        yield algebra.intersect(rest, look.negative() ? algebra.not(inner) : inner);
      }
    };
  }

  private int sequence(List<Pattern> parts, int rest, Before before) {
    Before[] states = new Before[parts.size()];
    Before state = before;
    for (int i = 0; i < states.length; i++) {
      states[i] = state;
      state = after(state, parts.get(i));
    }
    int node = rest;
    for (int i = states.length - 1; i >= 0; i--) {
      node = compile(parts.get(i), node, states[i]);
    }
    return node;
  }

  private static Before after(Before before, Pattern part) {
    if (before == Before.SOMETHING || Pattern.isZeroWidth(part)) {
      return before;
    }
    return Pattern.shortest(part) > 0 ? Before.SOMETHING : Before.UNKNOWN;
  }

  private int repeat(Pattern.Repeat repeat, int rest, Before before) {
    if (!Pattern.asserts(repeat.inner())) {
      int inner = compile(repeat.inner(), EPSILON, Before.UNKNOWN);
      return algebra.concat(algebra.repeat(inner, repeat.min(), repeat.max()), rest);
    }
    if (repeat.max() > 1) {
      throw unsupported("assertion", "an assertion inside a repetition");
    }
    int skipped = repeat.min() == 0 ? rest : EMPTY;
    int taken = repeat.max() == 0 ? EMPTY : compile(repeat.inner(), rest, before);
    return algebra.union(skipped, taken);
  }

  private static GrammarException unsupported(String subject, String what) {
    return new GrammarException(
        Code.UNSUPPORTED, subject, "", "regular expression with " + what + " is not supported");
  }
}
