package ai.kolm.grammar.schema;

import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keywords that apply subschemas to the same value (JSON Schema Core, section 10.2), for a
 * value that is to satisfy them, and, by De Morgan's laws, for one that is to violate them.
 */
final class Applicators {
  private final Semantics semantics;

  Applicators(Semantics semantics) {
    this.semantics = semantics;
  }

  /** {@code start}, and all applicators of {@code node} hold. */
  <T> T satisfied(Node node, ValueDomain<T> domain, T start) {
    T result = start;
    for (int goal : references(node)) {
      result = domain.both(result, domain.of(goal));
    }
    for (int goal : list(node, "allOf")) {
      result = domain.both(result, domain.of(goal));
    }
    if (node.has("not")) {
      result = domain.both(result, domain.of(opposite(node, "not")));
    }
    if (node.has("anyOf")) {
      result = domain.both(result, domain.anyOf(list(node, "anyOf")));
    }
    if (node.has("oneOf")) {
      result = domain.both(result, domain.oneOf(list(node, "oneOf")));
    }
    if (hasCondition(node)) {
      result = domain.both(result, condition(node, domain));
    }
    return result;
  }

  /** {@code start}, or some applicator of {@code node} does not hold. */
  <T> T violated(Node node, ValueDomain<T> domain, T start) {
    T result = start;
    for (int goal : references(node)) {
      result = domain.either(result, domain.of(semantics.goals().not(goal)));
    }
    for (int goal : list(node, "allOf")) {
      result = domain.either(result, domain.of(semantics.goals().not(goal)));
    }
    if (node.has("not")) {
      result = domain.either(result, domain.of(child(node, "not")));
    }
    if (node.has("anyOf")) {
      result = domain.either(result, none(list(node, "anyOf"), domain));
    }
    if (node.has("oneOf")) {
      List<Integer> goals = list(node, "oneOf");
      result = domain.either(result, domain.either(none(goals, domain), several(goals, domain)));
    }
    if (hasCondition(node)) {
      result = domain.either(result, brokenCondition(node, domain));
    }
    return result;
  }

  private <T> T none(List<Integer> goals, ValueDomain<T> domain) {
    T result = domain.everything();
    for (int goal : goals) {
      result = domain.both(result, domain.of(semantics.goals().not(goal)));
    }
    return result;
  }

  private <T> T several(List<Integer> goals, ValueDomain<T> domain) {
    T result = domain.nothing();
    for (int i = 0; i < goals.size(); i++) {
      for (int j = 0; j < i; j++) {
        T pair = domain.both(domain.of(goals.get(i)), domain.of(goals.get(j)));
        result = domain.either(result, pair);
      }
    }
    return result;
  }

  private boolean hasCondition(Node node) {
    return semantics.draft().has(Draft.DRAFT_07) && node.has("if");
  }

  private <T> T condition(Node node, ValueDomain<T> domain) {
    int then = child(node, "then");
    int otherwise = child(node, "else");
    T held = domain.both(domain.of(child(node, "if")), domain.of(then));
    if (then == Goals.ANYTHING && otherwise == Goals.ANYTHING && !semantics.usesUnevaluated()) {
      return domain.everything();
    }
    T missed = domain.both(domain.of(opposite(node, "if")), domain.of(otherwise));
    return domain.either(held, missed);
  }

  private <T> T brokenCondition(Node node, ValueDomain<T> domain) {
    T held = domain.both(domain.of(child(node, "if")), domain.of(opposite(node, "then")));
    T missed = domain.both(domain.of(opposite(node, "if")), domain.of(opposite(node, "else")));
    return domain.either(held, missed);
  }

  private int opposite(Node node, String keyword) {
    return semantics.goals().not(child(node, keyword));
  }

  private int child(Node node, String keyword) {
    return semantics.child(node, keyword);
  }

  /** The goals of a keyword that holds a list of schemas; none if it is not there. */
  List<Integer> list(Node node, String keyword) {
    Json value = node.get(keyword);
    return value == null
        ? List.of()
        : node.goals.computeIfAbsent(keyword, k -> list(value, node, keyword));
  }

  private List<Integer> list(Json value, Node node, String keyword) {
    if (!(value instanceof Json.Arr schemas) || schemas.items().isEmpty()) {
      throw SchemaErrors.invalid(
          keyword, node.at(keyword), "\"" + keyword + "\" must be a list of schemas, not empty");
    }
    List<Integer> goals = new ArrayList<>();
    for (int i = 0; i < schemas.items().size(); i++) {
      goals.add(semantics.goal(schemas.items().get(i), node, keyword, String.valueOf(i)));
    }
    return goals;
  }

  private List<Integer> references(Node node) {
    return node.goals.computeIfAbsent("$ref", k -> findReferences(node));
  }

  private List<Integer> findReferences(Node node) {
    List<Integer> goals = new ArrayList<>();
    addReference(goals, node, "$ref", null);
    if (semantics.draft().has(Draft.V2019_09)) {
      addReference(goals, node, "$dynamicRef", null);
      addReference(goals, node, "$recursiveRef", "");
    }
    return goals;
  }

  private void addReference(
      List<Integer> goals, Node node, String keyword, @Nullable String anchor) {
    Json value = node.get(keyword);
    if (value == null) {
      return;
    }
    if (!(value instanceof Json.Str reference)) {
      throw SchemaErrors.invalid(keyword, node.at(keyword), "\"" + keyword + "\" is no string");
    }
    Location target = semantics.index().find(reference.value(), node.location, keyword);
    String name = anchor;
    if (keyword.equals("$dynamicRef")) {
      int hash = reference.value().indexOf('#');
      name = hash < 0 ? null : reference.value().substring(hash + 1);
    }
    if (name != null && target.equals(target.resource().dynamicAnchors.get(name))) {
      for (Resource resource : semantics.scopeOf(node)) {
        Location diverted = resource.dynamicAnchors.get(name);
        if (diverted != null) {
          target = diverted;
          break;
        }
      }
    }
    goals.add(semantics.goal(target, node));
  }
}
