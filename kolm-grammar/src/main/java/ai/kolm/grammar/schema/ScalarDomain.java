package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.List;

/** Sets of scalars. */
final class ScalarDomain implements ValueDomain<Scalars> {
  private final Semantics semantics;
  private final RegexAlgebra algebra;
  private final Scalars everything;

  ScalarDomain(Semantics semantics) {
    this.semantics = semantics;
    this.everything = Scalars.all(semantics.numbers());
    this.algebra = semantics.algebra();
  }

  @Override
  public Scalars everything() {
    return everything;
  }

  @Override
  public Scalars nothing() {
    return Scalars.NONE;
  }

  @Override
  public Scalars both(Scalars a, Scalars b) {
    return a.equals(everything) ? b : b.equals(everything) ? a : a.both(b, algebra);
  }

  @Override
  public Scalars either(Scalars a, Scalars b) {
    return a.either(b, algebra);
  }

  @Override
  public Scalars of(int goal) {
    return semantics.scalars(goal);
  }

  @Override
  public Scalars anyOf(List<Integer> goals) {
    Scalars result = Scalars.NONE;
    for (int goal : goals) {
      result = either(result, of(goal));
    }
    return result;
  }

  @Override
  public Scalars oneOf(List<Integer> goals) {
    Scalars none = everything();
    Scalars one = Scalars.NONE;
    for (int goal : goals) {
      Scalars option = of(goal);
      Scalars others = option.not(algebra, semantics.numbers());
      one = either(both(one, others), both(none, option));
      none = both(none, others);
    }
    return one;
  }
}
