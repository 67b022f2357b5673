package ai.kolm.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Schemas with finitely many values, all of them known: a frame, which says what values there are,
 * and a rule, which picks some. The values of a frame are listed by hand, not found by reading it.
 */
final class FiniteSchemas {
  /**
   * A schema and values among which all of its valid ones are.
   *
   * @param text the schema
   * @param values as compact JSON, members in any order
   */
  record Case(String text, List<String> values) {}

  /** Values, the members of a schema that allows no others, and rules about them. */
  private record Frame(String members, List<String> values, List<String> rules) {}

  private static final String[] SCALARS = {
    "null", "true", "false", "-1", "0", "1", "2", "12", "\"\"", "\"a\"", "\"b\"", "\"ab\""
  };

  private FiniteSchemas() {}

  /** All rules by themselves and violated, then {@code more} combinations by chance. */
  static List<Case> all(int more, Random random) {
    List<Case> cases = new ArrayList<>();
    List<Frame> frames =
        List.of(
            scalars(), texts(), integers(), arrays(), objects(), nested(), structures(), triples());
    for (Frame frame : frames) {
      for (String rule : frame.rules) {
        cases.add(framed(frame, rule));
        cases.add(framed(frame, "{\"not\":%s}".formatted(rule)));
      }
    }
    for (int i = 0; i < more; i++) {
      Frame frame = frames.get(i % frames.size());
      cases.add(framed(frame, combined(frame.rules, random)));
    }
    return cases;
  }

  private static Case framed(Frame frame, String rule) {
    return new Case("{%s,\"allOf\":[%s]}".formatted(frame.members, rule), frame.values);
  }

  private static String combined(List<String> rules, Random random) {
    String a = rules.get(random.nextInt(rules.size()));
    String b = rules.get(random.nextInt(rules.size()));
    String c = rules.get(random.nextInt(rules.size()));
    return switch (random.nextInt(6)) {
      case 0 -> "{\"allOf\":[%s,%s]}".formatted(a, b);
      case 1 -> "{\"anyOf\":[%s,%s]}".formatted(a, b);
      case 2 -> "{\"oneOf\":[%s,%s,%s]}".formatted(a, b, c);
      case 3 -> "{\"if\":%s,\"then\":%s,\"else\":%s}".formatted(a, b, c);
      case 4 -> "{\"not\":{\"anyOf\":[%s,%s]}}".formatted(a, b);
      default -> "{\"allOf\":[%s,{\"not\":%s}]}".formatted(a, b);
    };
  }

  private static Frame scalars() {
    return new Frame(
        "\"enum\":[%s]".formatted(String.join(",", SCALARS)),
        List.of(SCALARS),
        List.of(
            "{}",
            "{\"type\":\"string\"}",
            "{\"type\":[\"null\",\"integer\"]}",
            "{\"const\":0}",
            "{\"enum\":[1,\"a\",null,[]]}",
            "{\"minimum\":1}",
            "{\"exclusiveMaximum\":1,\"minLength\":1}",
            "{\"multipleOf\":2,\"maxLength\":1}",
            "{\"pattern\":\"b$\"}",
            "{\"type\":\"boolean\"}"));
  }

  private static Frame texts() {
    List<String> values = new ArrayList<>();
    for (String a : new String[] {"", "a", "b"}) {
      for (String b : new String[] {"", "a", "b"}) {
        String text = "\"%s%s\"".formatted(a, b);
        if (!values.contains(text)) {
          values.add(text);
        }
        values.add("\"%s%sab\"".formatted(a, b));
      }
    }
    values.addAll(List.of("\"aaa\"", "\"aba\"", "\"abb\"", "\"baa\"", "\"bba\"", "\"bbb\""));
    return new Frame(
        "\"type\":\"string\",\"pattern\":\"^(?:[ab]{0,3}|[ab]{2}ab)$\"",
        values.stream().distinct().toList(),
        List.of(
            "{\"minLength\":2}",
            "{\"maxLength\":1}",
            "{\"minLength\":1,\"maxLength\":3}",
            "{\"pattern\":\"aa\"}",
            "{\"pattern\":\"^a\"}",
            "{\"pattern\":\"^(?:ab?)*$\",\"maxLength\":3}",
            "{\"pattern\":\"b.*a\",\"minLength\":3}",
            "{\"enum\":[\"\",\"ab\",\"abab\",\"zz\"]}",
            "{\"const\":\"ba\"}"));
  }

  private static Frame integers() {
    List<String> values = new ArrayList<>();
    for (int i = -12; i <= 105; i++) {
      values.add(Integer.toString(i));
    }
    return new Frame(
        "\"type\":\"integer\",\"minimum\":-12,\"maximum\":105",
        values,
        List.of(
            "{\"multipleOf\":7}",
            "{\"multipleOf\":4,\"minimum\":0}",
            "{\"multipleOf\":2.5}",
            "{\"exclusiveMinimum\":-1,\"exclusiveMaximum\":11}",
            "{\"maximum\":-3}",
            "{\"minimum\":99.5}",
            "{\"enum\":[3,30,33,-3,1000]}",
            "{\"const\":0}"));
  }

  private static Frame arrays() {
    String[] items = {"1", "2", "\"a\""};
    List<String> values = new ArrayList<>(List.of("[]"));
    for (String a : items) {
      values.add("[%s]".formatted(a));
      for (String b : items) {
        values.add("[%s,%s]".formatted(a, b));
        for (String c : items) {
          values.add("[%s,%s,%s]".formatted(a, b, c));
        }
      }
    }
    return new Frame(
        "\"type\":\"array\",\"maxItems\":3,\"items\":{\"enum\":[1,2,\"a\"]}",
        values,
        List.of(
            "{\"minItems\":2}",
            "{\"uniqueItems\":true}",
            "{\"uniqueItems\":true,\"minItems\":3}",
            "{\"contains\":{\"const\":1}}",
            "{\"contains\":{\"type\":\"integer\"},\"minContains\":2}",
            "{\"contains\":{\"const\":\"a\"},\"minContains\":0,\"maxContains\":1}",
            "{\"prefixItems\":[{\"const\":2},{\"type\":\"string\"}]}",
            "{\"prefixItems\":[{\"type\":\"integer\"}],\"items\":{\"type\":\"string\"}}",
            "{\"prefixItems\":[true],\"unevaluatedItems\":false}",
            "{\"items\":{\"minimum\":2}}",
            "{\"const\":[1,\"a\"]}",
            "{\"maxItems\":1}"));
  }

  private static Frame objects() {
    String[] forA = {"", "\"a\":1", "\"a\":true"};
    String[] forB = {"", "\"b\":1", "\"b\":true"};
    String[] forC = {"", "\"c\":1", "\"c\":true"};
    return new Frame(
        "\"type\":\"object\",\"propertyNames\":{\"enum\":[\"a\",\"b\",\"c\"]},"
            + "\"maxProperties\":2,\"patternProperties\":{\"^\":{\"enum\":[1,true]}}",
        members(2, forA, forB, forC),
        List.of(
            "{\"required\":[\"a\"]}",
            "{\"required\":[\"b\",\"c\"]}",
            "{\"properties\":{\"a\":{\"const\":1}}}",
            "{\"properties\":{\"a\":false,\"b\":{\"type\":\"boolean\"}}}",
            "{\"properties\":{\"b\":true},\"additionalProperties\":false}",
            "{\"properties\":{\"b\":{}},\"additionalProperties\":{\"type\":\"integer\"}}",
            "{\"patternProperties\":{\"^[ab]$\":{\"const\":true}}}",
            "{\"propertyNames\":{\"pattern\":\"[bc]\"}}",
            "{\"minProperties\":1}",
            "{\"minProperties\":2}",
            "{\"maxProperties\":1}",
            "{\"dependentRequired\":{\"a\":[\"b\"]}}",
            "{\"dependentRequired\":{\"a\":[\"b\"],\"b\":[\"c\"]}}",
            "{\"dependentSchemas\":{\"a\":{\"properties\":{\"b\":{\"const\":1}}}}}",
            "{\"if\":{\"required\":[\"a\"]},\"then\":{\"required\":[\"c\"]}}",
            "{\"oneOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}]}",
            "{\"const\":{\"a\":1,\"c\":true}}",
            "{\"properties\":{\"a\":true},\"unevaluatedProperties\":false}",
            "{\"anyOf\":[{\"properties\":{\"a\":true},\"required\":[\"a\"]},"
                + "{\"properties\":{\"b\":true}}],\"unevaluatedProperties\":{\"const\":1}}"));
  }

  /** Objects of at most {@code most} members, one of each list or none. */
  private static List<String> members(int most, String[] a, String[] b, String[] c) {
    List<String> values = new ArrayList<>();
    for (String x : a) {
      for (String y : b) {
        for (String z : c) {
          List<String> there = new ArrayList<>(List.of(x, y, z));
          there.removeIf(String::isEmpty);
          if (there.size() <= most) {
            values.add("{%s}".formatted(String.join(",", there)));
          }
        }
      }
    }
    return values;
  }

  private static Frame nested() {
    List<String> values = new ArrayList<>(List.of("null"));
    String[] inner = {"[]", "[0]", "[0,0]", "[{}]", "[{},0]", "[0,{}]", "[{},{}]", "{}"};
    for (String x : inner) {
      values.add("{\"a\":%s}".formatted(x));
      values.add("[%s]".formatted(x));
    }
    values.add("{}");
    values.add("[]");
    return new Frame(
        "\"$defs\":{\"none\":{\"type\":\"object\",\"maxProperties\":0},"
            + "\"in\":{\"anyOf\":[{\"$ref\":\"#/$defs/none\"},{\"type\":\"array\",\"maxItems\":2,"
            + "\"items\":{\"anyOf\":[{\"const\":0},{\"$ref\":\"#/$defs/none\"}]}}]}},"
            + "\"type\":[\"null\",\"object\",\"array\"],\"maxItems\":1,\"maxProperties\":1,"
            + "\"propertyNames\":{\"const\":\"a\"},\"additionalProperties\":{\"$ref\":\"#/$defs/in\"},"
            + "\"items\":{\"$ref\":\"#/$defs/in\"}",
        values,
        List.of(
            "{\"type\":\"object\",\"required\":[\"a\"]}",
            "{\"type\":\"array\",\"items\":{\"type\":\"array\",\"contains\":{\"const\":0}}}",
            "{\"properties\":{\"a\":{\"contains\":{\"type\":\"object\"}}}}",
            "{\"properties\":{\"a\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"const\":0}}}}",
            "{\"items\":{\"not\":{\"minItems\":1}}}",
            "{\"const\":{\"a\":[0,{}]}}",
            "{\"enum\":[[[0]],{\"a\":{}},null,7]}"));
  }

  /** Pairs of objects and arrays, some of them inside of others. */
  private static Frame structures() {
    List<String> items =
        List.of(
            "1",
            "{}",
            "{\"a\":1}",
            "{\"a\":true}",
            "{\"b\":1}",
            "{\"a\":1,\"b\":1}",
            "{\"a\":true,\"b\":1}",
            "{\"a\":{}}",
            "{\"a\":{\"a\":1}}",
            "{\"a\":[1]}",
            "{\"a\":{},\"b\":1}",
            "[]",
            "[1]",
            "[1,1]",
            "[{}]",
            "[{},1]");
    return new Frame(
        "\"type\":\"array\",\"maxItems\":2,\"items\":{\"enum\":[%s]}"
            .formatted(String.join(",", items)),
        lists(items, 2),
        List.of(
            "{\"uniqueItems\":true}",
            "{\"uniqueItems\":true,\"minItems\":2}",
            "{\"uniqueItems\":true,\"items\":{\"type\":\"object\"}}",
            "{\"uniqueItems\":true,\"items\":{\"required\":[\"a\"]}}",
            "{\"uniqueItems\":true,\"items\":{\"type\":\"array\"}}",
            "{\"prefixItems\":[{\"const\":{\"a\":1}}],\"uniqueItems\":true}",
            "{\"items\":{\"minProperties\":1,\"maxItems\":1}}",
            "{\"minItems\":1}"));
  }

  /** Lists of up to three of few objects, so that they are used up. */
  private static Frame triples() {
    List<String> items = List.of("{\"a\":1}", "{\"a\":2}", "{\"a\":1,\"b\":3}", "[1]", "[1,2]");
    return new Frame(
        "\"type\":\"array\",\"maxItems\":3,\"items\":{\"properties\":{\"a\":{\"enum\":[1,2]},"
            + "\"b\":{\"const\":3}},\"required\":[\"a\"],\"additionalProperties\":false,"
            + "\"enum\":[%s]}".formatted(String.join(",", items)),
        lists(items, 3),
        List.of(
            "{\"uniqueItems\":true}",
            "{\"uniqueItems\":true,\"minItems\":1}",
            "{\"uniqueItems\":true,\"items\":{\"type\":\"object\",\"maxProperties\":1}}",
            "{\"uniqueItems\":true,\"items\":{\"type\":\"object\",\"minProperties\":2}}",
            "{\"uniqueItems\":true,\"items\":{\"type\":\"array\",\"uniqueItems\":true}}",
            "{\"uniqueItems\":true,\"items\":{\"properties\":{\"a\":{\"const\":1}}}}",
            "{\"minItems\":2}"));
  }

  private static List<String> lists(List<String> items, int most) {
    List<String> lists = new ArrayList<>(List.of(""));
    List<String> longest = lists;
    for (int i = 0; i < most; i++) {
      List<String> longer = new ArrayList<>();
      for (String list : longest) {
        for (String item : items) {
          longer.add(list.isEmpty() ? item : list + "," + item);
        }
      }
      lists = new ArrayList<>(lists);
      lists.addAll(longer);
      longest = longer;
    }
    return lists.stream().map("[%s]"::formatted).toList();
  }
}
