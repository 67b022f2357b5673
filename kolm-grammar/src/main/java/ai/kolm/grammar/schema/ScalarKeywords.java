package ai.kolm.grammar.schema;

import ai.kolm.grammar.regex.Numbers;
import ai.kolm.grammar.regex.RegexAlgebra;
import ai.kolm.json.Json;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What a schema asks of scalars: {@code type}, {@code enum}, bounds, {@code pattern}, ... */
final class ScalarKeywords {
  private static final Set<String> TYPES =
      Set.of("null", "boolean", "number", "integer", "string", "array", "object");

  private final Semantics semantics;
  private final Applicators applicators;
  private final ScalarDomain domain;
  private final RegexAlgebra algebra;
  private final Numbers numbers;
  private final TextLanguages texts;

  ScalarKeywords(
      Semantics semantics, Applicators applicators, ScalarDomain domain, TextLanguages texts) {
    this.semantics = semantics;
    this.texts = texts;
    this.applicators = applicators;
    this.domain = domain;
    this.algebra = semantics.algebra();
    this.numbers = semantics.numbers();
  }

  Scalars satisfied(Node node) {
    Scalars set = ofType(node);
    if (node.has("const") && semantics.draft().has(Draft.DRAFT_06)) {
      set = domain.both(set, equalTo(List.of(value(node, "const")), node, "const"));
    }
    if (node.has("enum")) {
      set = domain.both(set, equalTo(enumeration(node), node, "enum"));
    }
    set = set.withNumbers(algebra.intersect(set.numbers(), numbersOf(node)));
    set = set.withStrings(algebra.intersect(set.strings(), stringsOf(node)));
    return applicators.satisfied(node, domain, set);
  }

  private static Json value(Node node, String keyword) {
    Json value = node.get(keyword);
    return value == null ? new Json.Null() : value;
  }

  /** The values of {@code enum}. */
  static List<Json> enumeration(Node node) {
    if (!(node.get("enum") instanceof Json.Arr values)) {
      throw SchemaErrors.invalid("enum", node.at("enum"), "\"enum\" must be a list");
    }
    return values.items();
  }

  /** The types allowed; all if {@code type} is not there. */
  static Set<String> types(Node node) {
    Set<String> known = node.types;
    if (known == null) {
      known = readTypes(node);
      node.types = known;
    }
    return known;
  }

  private static Set<String> readTypes(Node node) {
    Json type = node.get("type");
    List<Json> names =
        switch (type) {
          case null -> List.of();
          case Json.Arr list -> list.items();
          default -> List.of(type);
        };
    Set<String> types = new HashSet<>();
    for (Json name : names) {
      if (!(name instanceof Json.Str text) || !TYPES.contains(text.value())) {
        throw SchemaErrors.invalid("type", node.at("type"), "no such type");
      }
      types.add(text.value());
    }
    if (type != null && types.isEmpty()) {
      throw SchemaErrors.invalid("type", node.at("type"), "an empty list of types");
    }
    return type == null ? TYPES : types;
  }

  private Scalars ofType(Node node) {
    Set<String> types = types(node);
    int numeric =
        types.contains("number")
            ? numbers.all()
            : types.contains("integer") ? numbers.integers() : RegexAlgebra.EMPTY;
    return new Scalars(
        types.contains("null"),
        types.contains("boolean"),
        types.contains("boolean"),
        numeric,
        types.contains("string") ? RegexAlgebra.ANY_TEXT : RegexAlgebra.EMPTY);
  }

  private Scalars equalTo(List<Json> values, Node node, String keyword) {
    boolean hasNull = false;
    boolean hasTrue = false;
    boolean hasFalse = false;
    int numeric = RegexAlgebra.EMPTY;
    List<String> strings = new ArrayList<>();
    for (Json value : values) {
      switch (value) {
        case Json.Null nothing -> hasNull = true;
        case Json.Bool bool when bool.value() -> hasTrue = true;
        case Json.Bool bool -> hasFalse = true;
        case Json.Str text -> strings.add(text.value());
        case Json.Int number -> numeric = algebra.union(numeric, equalTo(number, node, keyword));
        case Json.Real number -> numeric = algebra.union(numeric, equalTo(number, node, keyword));
        default -> {}
      }
    }
    return new Scalars(hasNull, hasTrue, hasFalse, numeric, texts.literals(strings));
  }

  private int equalTo(Json json, Node node, String keyword) {
    BigDecimal number = Values.number(json, keyword, node.at(keyword));
    if (!Numbers.fits(number)) {
      throw SchemaErrors.unsupported(
          keyword, node.at(keyword), "a number with more digits than are written");
    }
    return numbers.equalTo(number);
  }

  private int numbersOf(Node node) {
    int set = RegexAlgebra.ANY_TEXT; // of those that are numbers
    if (node.has("minimum")) {
      BigDecimal bound = Values.number(node, "minimum");
      set =
          algebra.intersect(
              set, flag(node, "exclusiveMinimum") ? numbers.above(bound) : numbers.atLeast(bound));
    }
    if (node.has("maximum")) {
      BigDecimal bound = Values.number(node, "maximum");
      set =
          algebra.intersect(
              set, flag(node, "exclusiveMaximum") ? numbers.below(bound) : numbers.atMost(bound));
    }
    if (isBound(node, "exclusiveMinimum")) {
      set = algebra.intersect(set, numbers.above(Values.number(node, "exclusiveMinimum")));
    }
    if (isBound(node, "exclusiveMaximum")) {
      set = algebra.intersect(set, numbers.below(Values.number(node, "exclusiveMaximum")));
    }
    return node.has("multipleOf") ? algebra.intersect(set, multiples(node)) : set;
  }

  /** Whether an exclusive bound is the flag it was in draft-04, and set. */
  private boolean flag(Node node, String keyword) {
    Draft draft = semantics.draft();
    return (draft == Draft.DRAFT_04 || draft == Draft.UNDECLARED)
        && node.get(keyword) instanceof Json.Bool flag
        && flag.value();
  }

  private boolean isBound(Node node, String keyword) {
    Draft draft = semantics.draft();
    boolean mayBeFlag = draft == Draft.DRAFT_04 || draft == Draft.UNDECLARED;
    return node.has(keyword) && !(mayBeFlag && node.get(keyword) instanceof Json.Bool);
  }

  private int multiples(Node node) {
    BigDecimal unit = Values.number(node, "multipleOf");
    if (unit.signum() <= 0) {
      throw SchemaErrors.invalid(
          "multipleOf", node.at("multipleOf"), "\"multipleOf\" must be above 0");
    }
    Optional<Integer> set = numbers.multiplesOf(unit);
    return set.orElseThrow(
        () ->
            SchemaErrors.unsupported(
                "multipleOf", node.at("multipleOf"), "\"multipleOf\" with too many digits"));
  }

  private int stringsOf(Node node) {
    int set = RegexAlgebra.ANY_TEXT;
    if (node.has("minLength") || node.has("maxLength")) {
      int min = node.has("minLength") ? Values.count(node, "minLength") : 0;
      int max = node.has("maxLength") ? Values.count(node, "maxLength") : RegexAlgebra.UNBOUNDED;
      set = min > max ? RegexAlgebra.EMPTY : algebra.repeat(RegexAlgebra.ANY, min, max);
    }
    if (node.has("pattern")) {
      int found = texts.pattern(node.get("pattern"), "pattern", node.at("pattern"));
      set = algebra.intersect(set, found);
    }
    if (node.get("format") instanceof Json.Str format) {
      set = algebra.intersect(set, texts.format(format.value(), node));
    }
    return set;
  }
}
