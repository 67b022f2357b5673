package ai.kolm.grammar.schema;

import ai.kolm.grammar.GrammarLimits;
import ai.kolm.grammar.JsonStyle;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.json.Json;
import ai.kolm.json.JsonPointer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What goals mean, worked out when first asked for: which scalars meet one, and in which ways an
 * object or an array can.
 *
 * <p>Scalars of a schema are languages, so that any nesting of schemas is exact by union,
 * intersection and complement. For objects and arrays the schema and its opposite are each brought
 * into disjunctive normal form; the values of keys and items stay goals of their own, which are
 * worked out when an answer gets there. So recursion costs nothing until it is used.
 */
public final class Semantics {
  private static final int SCALARS = 1;
  private static final int OBJECTS = 2;
  private static final int ARRAYS = 8;
  private static final int MAX_IN_PLACE = 200;

  private final SchemaIndex index;
  private final JsonStyle style;
  private final GrammarLimits limits;
  private final RegexAlgebra algebra;
  private final Budget budget;
  private final Numbers numbers;
  private final Goals goals;
  private final List<Node> nodes = new ArrayList<>();

  /** Per dynamic scope the goals of schemas. */
  private final Map<List<Resource>, IdentityHashMap<Json, Integer>> goalsOf = new HashMap<>();

  private final Map<Json, Integer> constants = new HashMap<>();
  private final Map<List<Integer>, Integer> disjunctions = new HashMap<>();
  private final Map<Integer, Scalars> scalarsOf = new HashMap<>();
  private final Map<Integer, List<ObjectRule>> objectsOf = new HashMap<>();
  private final Map<Integer, List<ArrayRule>> arraysOf = new HashMap<>();
  private final Set<String> annotations = new TreeSet<>();
  private final Possibility possibility;
  private final TextLanguages texts;
  private final ScalarDomain scalarDomain;
  private final ObjectDomain objectDomain;
  private final ArrayDomain arrayDomain;
  private final ScalarKeywords scalarKeywords;
  private final ObjectKeywords objectKeywords;
  private final ArrayKeywords arrayKeywords;
  private final int root;
  private int inPlace;

  /**
   * @param document the schema
   * @param algebra where its languages are made
   */
  public Semantics(
      Json document,
      JsonStyle style,
      GrammarLimits limits,
      RegexAlgebra algebra,
      Numbers numbers,
      Budget budget) {
    this.style = style;
    this.limits = limits;
    this.algebra = algebra;
    this.budget = budget;
    this.numbers = numbers;
    index = new SchemaIndex(document);
    texts = new TextLanguages(this);
    goals = new Goals(limits.nodes());
    possibility = new Possibility(this);
    scalarDomain = new ScalarDomain(this);
    objectDomain = new ObjectDomain(this, limits.alternatives());
    arrayDomain = new ArrayDomain(this, limits.alternatives());
    Applicators applicators = new Applicators(this);
    scalarKeywords = new ScalarKeywords(this, applicators, scalarDomain, texts);
    objectKeywords = new ObjectKeywords(this, applicators, objectDomain, texts);
    arrayKeywords = new ArrayKeywords(this, applicators, arrayDomain);
    root = goal(index.root(), null);
  }

  /** The goal of the whole answer. */
  public int root() {
    return root;
  }

  /** What was taken for an annotation although it could be meant to be enforced. */
  public Set<String> annotations() {
    return annotations;
  }

  Goals goals() {
    return goals;
  }

  RegexAlgebra algebra() {
    return algebra;
  }

  Numbers numbers() {
    return numbers;
  }

  Budget budget() {
    return budget;
  }

  GrammarLimits limits() {
    return limits;
  }

  JsonStyle style() {
    return style;
  }

  SchemaIndex index() {
    return index;
  }

  Draft draft() {
    return index.draft();
  }

  TextLanguages texts() {
    return texts;
  }

  Possibility possibility() {
    return possibility;
  }

  boolean usesUnevaluated() {
    return index.usesUnevaluated();
  }

  List<Resource> scopeOf(Node node) {
    return node.scope;
  }

  /** The goal of a subschema of {@code parent}; anything if it has no such keyword. */
  int child(Node parent, String keyword) {
    Json schema = parent.get(keyword);
    return schema == null ? Goals.ANYTHING : goal(schema, parent, keyword);
  }

  /** The goal of a schema that stands below {@code parent}, where the tokens lead. */
  int goal(Json schema, Node parent, String... tokens) {
    Location place = index.known(schema);
    if (place == null) {
      String pointer = parent.location.pointer();
      for (String token : tokens) {
        pointer = JsonPointer.child(pointer, token);
      }
      place = new Location(schema, pointer, parent.location.resource());
    }
    return goal(place, parent);
  }

  int goal(Location location, @Nullable Node from) {
    return switch (location.json()) {
      case Json.Bool bool -> bool.value() ? Goals.ANYTHING : Goals.NOTHING;
      case Json.Obj object ->
          object.members().isEmpty() ? Goals.ANYTHING : goal(location, object, from);
      default ->
          throw SchemaErrors.invalid(
              "schema",
              location.pointer(),
              "a schema is an object or a boolean, not " + location.json().kind());
    };
  }

  private int goal(Location location, Json.Obj object, @Nullable Node from) {
    List<Resource> scope = scope(location.resource(), from);
    return goalsOf
        .computeIfAbsent(scope, s -> new IdentityHashMap<>())
        .computeIfAbsent(
            object,
            key -> {
              Map<String, Json> members = object.members();
              Json reference = members.get("$ref");
              if (reference != null && draft().refHidesSiblings()) {
                members = Map.of("$ref", reference);
              }
              return goals.ofNode(add(location, scope, List.of(), members));
            });
  }

  private List<Resource> scope(Resource resource, @Nullable Node from) {
    List<Resource> outer = from == null ? List.of() : from.scope;
    if (!index.isDynamic() || resource.dynamicAnchors.isEmpty() || outer.contains(resource)) {
      return outer;
    }
    List<Resource> scope = new ArrayList<>(outer);
    scope.add(resource);
    return scope;
  }

  private int add(
      Location location, List<Resource> scope, List<Integer> options, Map<String, Json> members) {
    budget.spend(10);
    if (nodes.size() >= limits.nodes()) {
      throw SchemaErrors.tooComplex(
          "nodes", location.pointer(), "more than %,d schemas".formatted(limits.nodes()));
    }
    nodes.add(new Node(nodes.size(), location, scope, options, members));
    return nodes.size() - 1;
  }

  /** The goal of being equal to {@code value}: an enum of one, which every draft knows. */
  int constant(Json value, Node node) {
    return goals.ofNode(
        constants.computeIfAbsent(
            value,
            v -> {
              Json.Obj schema = new Json.Obj(Map.of("enum", new Json.Arr(List.of(v))));
              Location place =
                  new Location(schema, node.location.pointer(), node.location.resource());
              return add(place, List.of(), List.of(), schema.members());
            }));
  }

  /** The goal of meeting at least one of {@code options}. */
  int disjunction(List<Integer> options, Node node) {
    return goals.ofNode(
        disjunctions.computeIfAbsent(options, o -> add(node.location, node.scope, o, Map.of())));
  }

  void annotate(String what) {
    annotations.add(what);
  }

  /** The scalars that meet {@code goal}. */
  public Scalars scalars(int goal) {
    if (goal == Goals.NOTHING) {
      return Scalars.NONE;
    }
    Scalars known = scalarsOf.get(goal);
    if (known == null) {
      known = scalarDomain.everything();
      for (int literal : goals.literals(goal)) {
        Scalars some = scalars(nodes.get(literal >> 1));
        known = scalarDomain.both(known, (literal & 1) == 0 ? some : some.not(algebra, numbers));
      }
      scalarsOf.put(goal, known);
    }
    return known;
  }

  private Scalars scalars(Node node) {
    Scalars known = node.scalars;
    if (known == null) {
      enter(node, SCALARS);
      try {
        known =
            !node.options.isEmpty()
                ? scalarDomain.anyOf(node.options)
                : scalarKeywords.satisfied(node);
        node.scalars = known;
      } finally {
        leave(node, SCALARS);
      }
    }
    return known;
  }

  /** The ways in which an object can meet {@code goal}. */
  List<ObjectRule> objects(int goal) {
    if (goal == Goals.NOTHING) {
      return List.of();
    }
    List<ObjectRule> known = objectsOf.get(goal);
    if (known == null) {
      known = objectDomain.everything();
      for (int literal : goals.literals(goal)) {
        known = objectDomain.both(known, objects(nodes.get(literal >> 1), (literal & 1) != 0));
      }
      objectsOf.put(goal, known);
    }
    return known;
  }

  private List<ObjectRule> objects(Node node, boolean negative) {
    List<ObjectRule> known = negative ? node.notObjects : node.objects;
    if (known != null) {
      return known;
    }
    int bit = negative ? OBJECTS << 1 : OBJECTS;
    enter(node, bit);
    try {
      if (negative) {
        known = !node.options.isEmpty() ? noObject(node) : objectKeywords.violated(node);
        node.notObjects = known;
      } else {
        known =
            !node.options.isEmpty()
                ? objectDomain.anyOf(node.options)
                : objectKeywords.satisfied(node);
        node.objects = known;
      }
      return known;
    } finally {
      leave(node, bit);
    }
  }

  private List<ObjectRule> noObject(Node node) {
    List<ObjectRule> result = objectDomain.everything();
    for (int option : node.options) {
      result = objectDomain.both(result, objects(goals.not(option)));
    }
    return result;
  }

  /** The ways in which an array can meet {@code goal}. */
  List<ArrayRule> arrays(int goal) {
    if (goal == Goals.NOTHING) {
      return List.of();
    }
    List<ArrayRule> known = arraysOf.get(goal);
    if (known == null) {
      known = arrayDomain.everything();
      for (int literal : goals.literals(goal)) {
        known = arrayDomain.both(known, arrays(nodes.get(literal >> 1), (literal & 1) != 0));
      }
      arraysOf.put(goal, known);
    }
    return known;
  }

  private List<ArrayRule> arrays(Node node, boolean negative) {
    List<ArrayRule> known = negative ? node.notArrays : node.arrays;
    if (known != null) {
      return known;
    }
    int bit = negative ? ARRAYS << 1 : ARRAYS;
    enter(node, bit);
    try {
      if (negative) {
        known = !node.options.isEmpty() ? noArray(node) : arrayKeywords.violated(node);
        node.notArrays = known;
      } else {
        known =
            !node.options.isEmpty()
                ? arrayDomain.anyOf(node.options)
                : arrayKeywords.satisfied(node);
        node.arrays = known;
      }
      return known;
    } finally {
      leave(node, bit);
    }
  }

  private List<ArrayRule> noArray(Node node) {
    List<ArrayRule> result = arrayDomain.everything();
    for (int option : node.options) {
      result = arrayDomain.both(result, arrays(goals.not(option)));
    }
    return result;
  }

  private void enter(Node node, int bit) {
    budget.spend(10);
    if ((node.busy & bit) != 0) {
      if (possibility.isAsking()) {
        throw new Possibility.Unknown();
      }
      throw SchemaErrors.invalid(
          "$ref", node.location.pointer(), "a reference leads back to itself");
    }
    if (inPlace >= MAX_IN_PLACE) {
      throw SchemaErrors.tooComplex(
          "depth", node.location.pointer(), "schemas applied in place nest too deeply");
    }
    inPlace++;
    node.busy |= bit;
  }

  private void leave(Node node, int bit) {
    node.busy &= ~bit;
    inPlace--;
  }
}
