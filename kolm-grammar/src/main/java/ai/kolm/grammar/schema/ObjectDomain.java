package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import java.util.List;

/** Sets of objects. */
final class ObjectDomain extends RuleDomain<ObjectRule> {
  private final Semantics semantics;

  ObjectDomain(Semantics semantics, int maxAlternatives) {
    super(semantics, maxAlternatives);
    this.semantics = semantics;
  }

  @Override
  ObjectRule any() {
    return ObjectRule.ANY;
  }

  @Override
  ObjectRule merge(ObjectRule a, ObjectRule b) {
    return a.both(b, semantics.goals(), semantics.algebra());
  }

  @Override
  boolean isHopeless(ObjectRule rule) {
    return rule.isHopeless();
  }

  @Override
  boolean isPossible(ObjectRule a, ObjectRule b) {
    return semantics.possibility().of(a, b);
  }

  @Override
  boolean evaluates(ObjectRule rule) {
    return rule.evaluated() != RegexAlgebra.EMPTY;
  }

  @Override
  public List<ObjectRule> of(int goal) {
    return semantics.objects(goal);
  }
}
