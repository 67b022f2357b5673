package ai.kolm.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * All ways to write a JSON value without blanks (RFC 8259): members in any order, each character as
 * it is or escaped, minus zero. Only for values of lower-case letters and integers.
 */
final class Spellings {
  private Spellings() {}

  static List<String> of(JsonNode value) {
    if (value.isObject()) {
      return objects(new ArrayList<>(value.properties()), "{");
    }
    if (value.isArray()) {
      List<String> all = List.of("[");
      for (int i = 0; i < value.size(); i++) {
        all = joined(joined(all, List.of(i == 0 ? "" : ",")), of(value.get(i)));
      }
      return joined(all, List.of("]"));
    }
    if (value.isString()) {
      return string(value.asString());
    }
    return value.isNumber() && value.decimalValue().signum() == 0
        ? List.of("0", "-0")
        : List.of(value.toString());
  }

  /** The ends of an object of these members, behind {@code begun}. */
  private static List<String> objects(List<Map.Entry<String, JsonNode>> members, String begun) {
    if (members.isEmpty()) {
      return List.of(begun + "}");
    }
    List<String> all = new ArrayList<>();
    for (Map.Entry<String, JsonNode> first : members) {
      List<Map.Entry<String, JsonNode>> others = new ArrayList<>(members);
      others.remove(first);
      String comma = begun.equals("{") ? "" : ",";
      for (String key : string(first.getKey())) {
        for (String item : of(first.getValue())) {
          all.addAll(objects(others, begun + comma + key + ":" + item));
        }
      }
    }
    return all;
  }

  private static List<String> string(String text) {
    List<String> all = List.of("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 'a' || c > 'j') {
        throw new IllegalArgumentException("no letter from a to j: " + text);
      }
      // 0x61 to 0x69 have no letters among their digits, 0x6A has one.
      List<String> ways =
          c == 'j'
              ? List.of("j", "\\u006a", "\\u006A")
              : List.of(String.valueOf(c), "\\u%04x".formatted((int) c));
      all = joined(all, ways);
    }
    return joined(all, List.of("\""));
  }

  private static List<String> joined(List<String> begun, List<String> ways) {
    List<String> all = new ArrayList<>();
    for (String text : begun) {
      for (String way : ways) {
        all.add(text + way);
      }
    }
    return all;
  }
}
