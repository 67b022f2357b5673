package ai.kolm.prompt.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Small templates, one for each rule of the language, against what jinja2 makes of them. */
class LanguageTest {
  /** jinja2's errors that are its own; the others are Python's and worded by its version. */
  private static final List<String> OWN_ERRORS =
      List.of("UndefinedError", "TemplateError", "TemplateRuntimeError", "SecurityError");

  private final JsonObject golden = TemplateGolden.json("snippets.json");
  private final Map<String, Value> context = new HashMap<>();
  private final Clock clock;

  LanguageTest() throws JsonException {
    clock = TemplateGolden.clock(golden.string("now"));
    golden
        .object("context")
        .json()
        .members()
        .forEach((name, value) -> context.put(name, TemplateGolden.value(value)));
  }

  @Test
  void doesWhatJinjaDoes() throws JsonException {
    List<String> differences = new ArrayList<>();
    List<Json> snippets = golden.array("snippets");
    for (Json snippet : snippets) {
      List<Json> pair = ((Json.Arr) snippet).items();
      String source = ((Json.Str) pair.getFirst()).value();
      String expected = ((Json.Str) pair.getLast()).value();
      String actual = render(source);
      if (!agrees(expected, actual)) {
        differences.add("%s%n  expected %s%n  got      %s".formatted(source, expected, actual));
      }
    }
    assertTrue(snippets.size() > 900, "snippets: " + snippets.size());
    assertEquals(List.of(), differences);
  }

  /**
   * jinja2 decides before rendering which scope a name belongs to. A variable of the caller that
   * the outermost scope assigns at any place is hidden from loops and macros in front of that place
   * too; here it is seen until it is assigned.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{% for i in [1] %}{{ five }}{% endfor %}{% set five = 6 %} | 5",
        "{% macro m() %}{{ five }}{% endmacro %}{{ m() }}{% set five = 6 %}{{ m() }} | 56",
        "{% set x %}{{ five }}{% endset %}{% set five = 1 %}{{ x }} | 5",
      })
  void departsFromJinjaInWhenAnAssignmentCounts(String source, String expected) {
    assertEquals(expected, render(source));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ s.__class__ }}",
        "{{ s.__class__.__mro__ }}",
        "{% set __x = 1 %}",
        "{{ namespace(__init__=1) }}",
        "{{ [].__len__() }}",
      })
  void refusesNamesWithTwoUnderscores(String source) {
    assertEquals(
        "!SYNTAX: names that begin with two underscores are not available", render(source));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{% include 'x' %}",
        "{% import 'x' as y %}",
        "{% from 'x' import y %}",
        "{% extends 'x' %}",
        "{% block b %}{% endblock %}",
        "{% autoescape true %}{% endautoescape %}",
      })
  void refusesTagsThatReachOutside(String source) {
    String tag = source.split(" ", -1)[1];
    assertEquals(
        "!SYNTAX: the tag '" + tag + "' is not available in chat templates", render(source));
  }

  private static boolean agrees(String expected, String actual) {
    if (!expected.startsWith("!")) {
      return expected.equals(actual);
    }
    int colon = expected.indexOf(": ");
    boolean sameWords = actual.endsWith(expected.substring(colon + 2));
    return actual.startsWith("!")
        && (sameWords || !OWN_ERRORS.contains(expected.substring(1, colon)));
  }

  private String render(String source) {
    try {
      Budget budget = TemplateGolden.budget();
      return Template.parse(source, 1 << 16, 64).render(context, clock, budget).chars();
    } catch (TemplateError e) {
      assertTrue(e.line() > 0, source);
      return "!" + e.kind() + ": " + e.reason();
    }
  }
}
