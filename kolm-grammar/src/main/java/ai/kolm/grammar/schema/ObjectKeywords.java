package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.grammar.schema.ObjectRule.Implication;
import ai.kolm.grammar.schema.ObjectRule.KeyGoal;
import ai.kolm.json.Json;
import ai.kolm.json.JsonPointer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a schema asks of objects, and what its opposite asks. */
final class ObjectKeywords {
  private final Semantics semantics;
  private final Applicators applicators;
  private final ObjectDomain domain;
  private final TextLanguages texts;
  private final RegexAlgebra algebra;

  ObjectKeywords(
      Semantics semantics, Applicators applicators, ObjectDomain domain, TextLanguages texts) {
    this.texts = texts;
    this.semantics = semantics;
    this.applicators = applicators;
    this.domain = domain;
    this.algebra = semantics.algebra();
  }

  List<ObjectRule> satisfied(Node node) {
    if (!ScalarKeywords.types(node).contains("object")) {
      return List.of();
    }
    List<ObjectRule> rules = List.of(own(node));
    for (List<Json> values : finiteSets(node)) {
      List<ObjectRule> some = domain.nothing();
      for (Json value : values) {
        some = value instanceof Json.Obj o ? domain.either(some, List.of(equal(o, node))) : some;
      }
      rules = domain.both(rules, some);
    }
    rules = applicators.satisfied(node, domain, rules);
    for (Map.Entry<String, Json> dependency : schemasByKey(node).entrySet()) {
      int goal = dependencyGoal(node, dependency);
      List<ObjectRule> there =
          domain.both(List.of(ObjectRule.ofRequired(Set.of(dependency.getKey()))), domain.of(goal));
      List<ObjectRule> absent = List.of(ObjectRule.ofNamed(dependency.getKey(), Goals.NOTHING));
      rules = domain.both(rules, domain.either(absent, there));
    }
    return domain.hopeful(unevaluated(node, rules));
  }

  List<ObjectRule> violated(Node node) {
    if (!ScalarKeywords.types(node).contains("object")) {
      return domain.everything();
    }
    if (node.has("unevaluatedProperties") && semantics.draft().has(Draft.V2019_09)) {
      throw SchemaErrors.unsupported(
          "unevaluatedProperties",
          node.at("unevaluatedProperties"),
          "the opposite of \"unevaluatedProperties\"");
    }
    List<ObjectRule> rules = violated(own(node));
    for (List<Json> values : finiteSets(node)) {
      List<ObjectRule> none = domain.everything();
      for (Json value : values) {
        none = value instanceof Json.Obj o ? domain.both(none, violated(equal(o, node))) : none;
      }
      rules = domain.either(rules, none);
    }
    rules = applicators.violated(node, domain, rules);
    for (Map.Entry<String, Json> dependency : schemasByKey(node).entrySet()) {
      int goal = semantics.goals().not(dependencyGoal(node, dependency));
      rules =
          domain.either(
              rules,
              domain.both(
                  List.of(ObjectRule.ofRequired(Set.of(dependency.getKey()))), domain.of(goal)));
    }
    return withoutEvaluated(rules);
  }

  private List<ObjectRule> withoutEvaluated(List<ObjectRule> rules) {
    return domain.hopeful(
        rules.stream().map(rule -> rule.withEvaluated(RegexAlgebra.EMPTY)).distinct().toList());
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

  /** The rule of being equal to {@code value}. */
  private ObjectRule equal(Json.Obj value, Node node) {
    Map<String, Integer> named = new LinkedHashMap<>();
    value.members().forEach((key, member) -> named.put(key, semantics.constant(member, node)));
    int others = algebra.not(texts.literals(named.keySet()));
    return new ObjectRule(
        named,
        List.of(new KeyGoal(others, Goals.NOTHING)),
        named.keySet(),
        List.of(),
        List.of(),
        0,
        Integer.MAX_VALUE,
        RegexAlgebra.EMPTY);
  }

  /** The keywords that say something about keys one by one: their goals, and what is left. */
  private ObjectRule own(Node node) {
    Map<String, Integer> named = properties(node);
    List<KeyGoal> patterns = new ArrayList<>(patternProperties(node));
    int evaluated = RegexAlgebra.EMPTY;
    if (node.has("additionalProperties") || semantics.usesUnevaluated()) {
      evaluated = texts.literals(named.keySet());
      for (KeyGoal pattern : patterns) {
        evaluated = algebra.union(evaluated, pattern.keys());
      }
    }
    if (node.has("additionalProperties")) {
      int goal = semantics.child(node, "additionalProperties");
      patterns.add(new KeyGoal(algebra.not(evaluated), goal));
      evaluated = RegexAlgebra.ANY_TEXT;
    }
    if (node.has("propertyNames") && semantics.draft().has(Draft.DRAFT_06)) {
      patterns.add(new KeyGoal(algebra.not(names(node)), Goals.NOTHING));
    }
    patterns.removeIf(pattern -> pattern.goal() == Goals.ANYTHING);
    return new ObjectRule(
        named,
        patterns,
        new LinkedHashSet<>(strings(node, "required")),
        implications(node),
        List.of(),
        node.has("minProperties") ? Values.count(node, "minProperties") : 0,
        node.has("maxProperties") ? Values.count(node, "maxProperties") : Integer.MAX_VALUE,
        semantics.usesUnevaluated() ? evaluated : RegexAlgebra.EMPTY);
  }

  /** The objects whose members break a rule. */
  private List<ObjectRule> violated(ObjectRule own) {
    List<ObjectRule> rules = new ArrayList<>();
    own.named()
        .forEach(
            (key, goal) -> {
              if (goal != Goals.ANYTHING) {
                ObjectRule there = ObjectRule.ofRequired(Set.of(key));
                ObjectRule wrong = ObjectRule.ofNamed(key, semantics.goals().not(goal));
                rules.add(there.both(wrong, semantics.goals(), algebra));
              }
            });
    for (KeyGoal pattern : own.patterns()) {
      rules.add(ObjectRule.ofDebt(pattern.keys(), semantics.goals().not(pattern.goal())));
    }
    for (String key : own.required()) {
      rules.add(ObjectRule.ofNamed(key, Goals.NOTHING));
    }
    for (Implication implication : own.implications()) {
      ObjectRule there = ObjectRule.ofRequired(Set.of(implication.key()));
      ObjectRule absent = ObjectRule.ofNamed(implication.other(), Goals.NOTHING);
      rules.add(there.both(absent, semantics.goals(), algebra));
    }
    if (own.min() > 0) {
      rules.add(ObjectRule.ofCount(0, own.min() - 1));
    }
    if (own.max() < Integer.MAX_VALUE) {
      rules.add(ObjectRule.ofCount(own.max() + 1, Integer.MAX_VALUE));
    }
    return rules;
  }

  private Map<String, Integer> properties(Node node) {
    Map<String, Integer> named = new LinkedHashMap<>();
    members(node, "properties")
        .forEach((key, schema) -> named.put(key, semantics.goal(schema, node, "properties", key)));
    return named;
  }

  private List<KeyGoal> patternProperties(Node node) {
    List<KeyGoal> patterns = new ArrayList<>();
    members(node, "patternProperties")
        .forEach(
            (pattern, schema) -> {
              String at = JsonPointer.child(node.at("patternProperties"), pattern);
              int keys = texts.pattern(new Json.Str(pattern), "patternProperties", at);
              patterns.add(
                  new KeyGoal(keys, semantics.goal(schema, node, "patternProperties", pattern)));
            });
    return patterns;
  }

  private int names(Node node) {
    return semantics.scalars(semantics.child(node, "propertyNames")).strings();
  }

  private List<Implication> implications(Node node) {
    List<Implication> implications = new ArrayList<>();
    Map<String, Json> lists = new LinkedHashMap<>();
    if (semantics.draft().has(Draft.V2019_09)) {
      lists.putAll(members(node, "dependentRequired"));
    }
    members(node, "dependencies")
        .forEach(
            (key, value) -> {
              if (value instanceof Json.Arr || value instanceof Json.Str) {
                lists.put(key, value);
              }
            });
    lists.forEach(
        (key, value) -> {
          List<Json> others = value instanceof Json.Arr list ? list.items() : List.of(value);
          for (Json other : others) {
            if (!(other instanceof Json.Str name)) {
              throw SchemaErrors.invalid(
                  "dependencies", node.location.pointer(), "a dependency that is no key");
            }
            implications.add(new Implication(key, name.value()));
          }
        });
    return implications;
  }

  /** {@code dependentSchemas}, and the schemas among {@code dependencies}. */
  private Map<String, Json> schemasByKey(Node node) {
    Map<String, Json> schemas = new LinkedHashMap<>();
    if (semantics.draft().has(Draft.V2019_09)) {
      schemas.putAll(members(node, "dependentSchemas"));
    }
    members(node, "dependencies")
        .forEach(
            (key, value) -> {
              if (value instanceof Json.Obj || value instanceof Json.Bool) {
                schemas.put(key, value);
              }
            });
    return schemas;
  }

  @SuppressWarnings("ReferenceEquality") // which member it is
  private int dependencyGoal(Node node, Map.Entry<String, Json> dependency) {
    String keyword =
        members(node, "dependencies").get(dependency.getKey()) == dependency.getValue()
            ? "dependencies"
            : "dependentSchemas";
    return semantics.goal(dependency.getValue(), node, keyword, dependency.getKey());
  }

  private List<ObjectRule> unevaluated(Node node, List<ObjectRule> rules) {
    if (!node.has("unevaluatedProperties") || !semantics.draft().has(Draft.V2019_09)) {
      return rules;
    }
    int goal = semantics.child(node, "unevaluatedProperties");
    List<ObjectRule> result = new ArrayList<>();
    for (ObjectRule rule : rules) {
      ObjectRule rest =
          ObjectRule.ofPattern(algebra.not(rule.evaluated()), goal)
              .withEvaluated(RegexAlgebra.ANY_TEXT);
      result.add(rule.both(rest, semantics.goals(), algebra));
    }
    return result;
  }

  private static Map<String, Json> members(Node node, String keyword) {
    Json value = node.get(keyword);
    if (value == null) {
      return Map.of();
    }
    if (!(value instanceof Json.Obj object)) {
      throw SchemaErrors.invalid(
          keyword, node.at(keyword), "\"" + keyword + "\" must be an object");
    }
    return object.members();
  }

  /** The strings of a list. */
  private static List<String> strings(Node node, String keyword) {
    Json value = node.get(keyword);
    if (value == null) {
      return List.of();
    }
    List<String> strings = new ArrayList<>();
    if (value instanceof Json.Arr list) {
      for (Json item : list.items()) {
        if (item instanceof Json.Str text) {
          strings.add(text.value());
        }
      }
      if (strings.size() == list.items().size()) {
        return strings;
      }
    }
    throw SchemaErrors.invalid(
        keyword, node.at(keyword), "\"" + keyword + "\" must be a list of strings");
  }
}
