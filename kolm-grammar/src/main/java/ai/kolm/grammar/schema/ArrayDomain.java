package ai.kolm.grammar.schema;

import java.util.List;

/** Sets of arrays. */
final class ArrayDomain extends RuleDomain<ArrayRule> {
  private final Semantics semantics;

  ArrayDomain(Semantics semantics, int maxAlternatives) {
    super(semantics, maxAlternatives);
    this.semantics = semantics;
  }

  @Override
  ArrayRule any() {
    return ArrayRule.ANY;
  }

  @Override
  ArrayRule merge(ArrayRule a, ArrayRule b) {
    return a.both(b, semantics.goals());
  }

  @Override
  boolean isHopeless(ArrayRule rule) {
    return rule.isHopeless();
  }

  @Override
  boolean isPossible(ArrayRule a, ArrayRule b) {
    return semantics.possibility().of(merge(a, b));
  }

  @Override
  boolean evaluates(ArrayRule rule) {
    return rule.evaluated() > 0 || !rule.evaluatedBy().isEmpty();
  }

  @Override
  public List<ArrayRule> of(int goal) {
    return semantics.arrays(goal);
  }
}
