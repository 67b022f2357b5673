package ai.kolm.grammar.schema;

import ai.kolm.grammar.schema.ArrayRule.Contains;
import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** What a schema asks of arrays, and what its opposite asks. */
final class ArrayKeywords {
  private static final int MAX_VIOLATED_PREFIX = 1_000;

  private final Semantics semantics;
  private final Applicators applicators;
  private final ArrayDomain domain;

  ArrayKeywords(Semantics semantics, Applicators applicators, ArrayDomain domain) {
    this.semantics = semantics;
    this.applicators = applicators;
    this.domain = domain;
  }

  List<ArrayRule> satisfied(Node node) {
    if (!ScalarKeywords.types(node).contains("array")) {
      return List.of();
    }
    ArrayRule own = items(node);
    own = own.both(counts(node), semantics.goals());
    if (node.has("contains") && semantics.draft().has(Draft.DRAFT_06)) {
      own = own.both(contains(node), semantics.goals());
    }
    if (node.get("uniqueItems") instanceof Json.Bool unique && unique.value()) {
      own = own.both(ArrayRule.ofUnique(), semantics.goals());
    }
    List<ArrayRule> rules = List.of(own);
    for (List<Json> values : finiteSets(node)) {
      List<ArrayRule> some = domain.nothing();
      for (Json value : values) {
        some = value instanceof Json.Arr a ? domain.either(some, List.of(equal(a, node))) : some;
      }
      rules = domain.both(rules, some);
    }
    rules = applicators.satisfied(node, domain, rules);
    return domain.hopeful(unevaluated(node, rules));
  }

  List<ArrayRule> violated(Node node) {
    if (!ScalarKeywords.types(node).contains("array")) {
      return domain.everything();
    }
    refuseOpposite(node);
    List<ArrayRule> rules = ownViolated(node);
    for (List<Json> values : finiteSets(node)) {
      List<ArrayRule> none = domain.everything();
      for (Json value : values) {
        none =
            value instanceof Json.Arr a ? domain.both(none, violated(equal(a, node), node)) : none;
      }
      rules = domain.either(rules, none);
    }
    rules = applicators.violated(node, domain, rules);
    return domain.hopeful(
        rules.stream().map(rule -> rule.withEvaluated(0, Set.of())).distinct().toList());
  }

  private void refuseOpposite(Node node) {
    boolean unique = node.get("uniqueItems") instanceof Json.Bool flag && flag.value();
    boolean unevaluated = node.has("unevaluatedItems") && semantics.draft().has(Draft.V2019_09);
    if (unique || unevaluated) {
      String keyword = unique ? "uniqueItems" : "unevaluatedItems";
      throw SchemaErrors.unsupported(
          keyword, node.at(keyword), "the opposite of \"" + keyword + "\"");
    }
  }

  private List<ArrayRule> ownViolated(Node node) {
    List<ArrayRule> rules = violated(items(node).both(counts(node), semantics.goals()), node);
    if (node.has("contains") && semantics.draft().has(Draft.DRAFT_06)) {
      for (Contains c : contains(node).contains()) {
        if (c.min() > 0) {
          rules.add(ArrayRule.ofContains(new Contains(c.goal(), c.opposite(), 0, c.min() - 1, 0)));
        }
        if (c.max() < Integer.MAX_VALUE) {
          rules.add(
              ArrayRule.ofContains(
                  new Contains(c.goal(), c.opposite(), c.max() + 1, Integer.MAX_VALUE, 0)));
        }
      }
    }
    return rules;
  }

  /** The arrays whose items or number break a rule. */
  private List<ArrayRule> violated(ArrayRule own, Node node) {
    List<ArrayRule> rules = new ArrayList<>();
    int prefix = own.prefix().size();
    if (prefix > MAX_VIOLATED_PREFIX) {
      throw SchemaErrors.tooComplex(
          "alternatives", node.location.pointer(), "the opposite of a long tuple");
    }
    for (int i = 0; i < prefix; i++) {
      if (own.goal(i) != Goals.ANYTHING) {
        List<Integer> goals = new ArrayList<>(Collections.nCopies(i, Goals.ANYTHING));
        goals.add(semantics.goals().not(own.goal(i)));
        rules.add(
            ArrayRule.ofItems(goals, Goals.ANYTHING)
                .both(ArrayRule.ofCount(i + 1, Integer.MAX_VALUE), semantics.goals()));
      }
    }
    if (own.rest() != Goals.ANYTHING) {
      int opposite = semantics.goals().not(own.rest());
      rules.add(
          ArrayRule.ofContains(new Contains(opposite, own.rest(), 1, Integer.MAX_VALUE, prefix)));
    }
    if (own.min() > 0) {
      rules.add(ArrayRule.ofCount(0, own.min() - 1));
    }
    if (own.max() < Integer.MAX_VALUE) {
      rules.add(ArrayRule.ofCount(own.max() + 1, Integer.MAX_VALUE));
    }
    return rules;
  }

  private ArrayRule items(Node node) {
    List<Integer> prefix = new ArrayList<>();
    String tuple = null;
    String rest = "items";
    if (node.has("prefixItems") && semantics.draft().has(Draft.V2020_12)) {
      tuple = "prefixItems";
    } else if (node.get("items") instanceof Json.Arr) {
      if (!semantics.draft().hasArrayItems()) {
        throw SchemaErrors.invalid("items", node.at("items"), "\"items\" must be a schema");
      }
      tuple = "items";
      rest = "additionalItems";
    }
    if (tuple != null && node.get(tuple) instanceof Json.Arr schemas) {
      for (int i = 0; i < schemas.items().size(); i++) {
        prefix.add(semantics.goal(schemas.items().get(i), node, tuple, String.valueOf(i)));
      }
    }
    int evaluated = node.has(rest) ? Integer.MAX_VALUE : prefix.size();
    return ArrayRule.ofItems(prefix, semantics.child(node, rest))
        .withEvaluated(semantics.usesUnevaluated() ? evaluated : 0, Set.of());
  }

  private static ArrayRule counts(Node node) {
    return ArrayRule.ofCount(
        node.has("minItems") ? Values.count(node, "minItems") : 0,
        node.has("maxItems") ? Values.count(node, "maxItems") : Integer.MAX_VALUE);
  }

  private ArrayRule contains(Node node) {
    boolean counted = semantics.draft().has(Draft.V2019_09);
    int goal = semantics.child(node, "contains");
    int min = counted && node.has("minContains") ? Values.count(node, "minContains") : 1;
    int max =
        counted && node.has("maxContains") ? Values.count(node, "maxContains") : Integer.MAX_VALUE;
    ArrayRule rule =
        min == 0 && max == Integer.MAX_VALUE
            ? ArrayRule.ofCount(0, Integer.MAX_VALUE)
            : ArrayRule.ofContains(new Contains(goal, semantics.goals().not(goal), min, max, 0));
    boolean evaluates = semantics.usesUnevaluated() && semantics.draft().has(Draft.V2020_12);
    return evaluates ? rule.withEvaluated(0, Set.of(goal)) : rule;
  }

  private List<List<Json>> finiteSets(Node node) {
    List<List<Json>> sets = new ArrayList<>();
    Json value = node.get("const");
    if (value != null && semantics.draft().has(Draft.DRAFT_06)) {
      sets.add(List.of(value));
    }
    if (node.has("enum")) {
      sets.add(ScalarKeywords.enumeration(node));
    }
    return sets;
  }

  private ArrayRule equal(Json.Arr value, Node node) {
    List<Integer> items = new ArrayList<>();
    for (Json item : value.items()) {
      items.add(semantics.constant(item, node));
    }
    return ArrayRule.ofItems(items, Goals.NOTHING)
        .both(ArrayRule.ofCount(items.size(), items.size()), semantics.goals());
  }

  private List<ArrayRule> unevaluated(Node node, List<ArrayRule> rules) {
    if (!node.has("unevaluatedItems") || !semantics.draft().has(Draft.V2019_09)) {
      return rules;
    }
    int goal = semantics.child(node, "unevaluatedItems");
    List<ArrayRule> result = new ArrayList<>();
    for (ArrayRule rule : rules) {
      result.add(rule.evaluated() == Integer.MAX_VALUE ? rule : unevaluated(rule, goal, node));
    }
    return result;
  }

  private ArrayRule unevaluated(ArrayRule rule, int goal, Node node) {
    int others = goal;
    if (!rule.evaluatedBy().isEmpty() && goal != Goals.ANYTHING) {
      List<Integer> options = new ArrayList<>(new TreeSet<>(rule.evaluatedBy()));
      options.add(goal);
      others = semantics.disjunction(options, node);
    }
    List<Integer> prefix = new ArrayList<>(Collections.nCopies(rule.evaluated(), Goals.ANYTHING));
    return rule.both(ArrayRule.ofItems(prefix, others), semantics.goals())
        .withEvaluated(Integer.MAX_VALUE, Set.of());
  }
}
