package ai.kolm.prompt.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which characters of a result the template wrote, operation by operation. */
class TextTest {
  private static final Map<String, Value> VARIABLES =
      Map.of(
          "u", Text.foreign("user"),
          "p", Text.foreign(" pad "),
          "e", Text.EMPTY,
          "d", dict("key", "value"),
          "l", Value.Seq.list(List.of(Text.foreign("one"), Text.foreign("two"))),
          "n", new Value.Int(7),
          "role", Text.template("tool"));

  private static Value dict(String key, String value) {
    return new Value.Dict.Builder().put(Text.foreign(key), Text.foreign(value)).build();
  }

  /** Expected: what the template wrote in brackets. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '§',
      quoteCharacter = '`',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "text§[text]",
        "{{ u }}§user",
        "<{{ u }}>§[<]user[>]",
        "{{ '<' + u + '>' }}§[<]user[>]",
        "{{ '<|' + role + '|>' }}§[<|tool|>]",
        "{{ '<' + e + '>' }}§[<>]",
        "{{ ('<' + u + '>')[1:] }}§user[>]",
        "{{ ('<' + u + '>')[::-1] }}§[>]resu[<]",
        "{{ ('<' + u + '>')[0] }}{{ ('<' + u)[1] }}§[<]u",
        "{{ ('<' + p + '>')|trim }}§[<] pad [>]",
        "{{ ('  ' + p + ' ')|trim }}§pad",
        "{{ ('a' + u)|upper }}§[A]USER",
        "{{ (u + 'A')|lower }}§user[a]",
        "{{ (u + ' x')|title }}§User[ X]",
        "{{ ('x' + u)|capitalize }}§[X]user",
        "{{ u|replace('se', '--') }}§u[--]r",
        "{{ 'a-b'|replace('-', u) }}§[a]user[b]",
        "{{ ('a' + u).replace('', '.') }}§[.a.]u[.]s[.]e[.]r[.]",
        "{{ ('a,' + u + ',b').split(',')|join('|') }}§[a|]user[|b]",
        "{{ u.split('s')|join('s') }}§u[s]er",
        "{{ l|join(', ') }}§one[, ]two",
        "{{ ', '.join(l) }}§one[, ]two",
        "{{ u|tojson }}§\"user\"",
        "{{ {'a': u}|tojson }}§{\"[a]\": \"user\"}",
        "{{ ('a\"' + u)|tojson }}§\"[a\\\"]user\"",
        "{{ d|tojson(indent=1) }}§{\\n \"key\": \"value\"\\n}",
        "{{ d }}§{'key': 'value'}",
        "{{ [u, 'a'] }}§['user', '[a]']",
        "{{ n }}§7",
        "{{ 'x%sy' % u }}§[x]user[y]",
        "{{ 'x{}y'.format(u) }}§[x]user[y]",
        "{{ u|default('x') }}{{ z|default('x') }}§user[x]",
        "{{ (u ~ '\\n' ~ u)|indent(1) }}§user[\\n ]user",
        "{{ u|list|join }}§user",
        "{{ u|reverse }}{{ ('a' ~ u)|reverse }}§resuresu[a]",
        "{{ ('b' ~ u)|first }}{{ (u ~ 'b')|last }}§[bb]",
        "{{ u * 2 }}{{ 'a' * 2 }}§useruser[aa]",
        "{{ u|escape }}{{ '<'|e }}§user[&lt;]",
        "{{ (u ~ '<')|safe }}§user[<]",
        "{{ ' ' ~ u|center(6) }}§[ ] user ",
        "{{ u.partition('s')|join('|') }}§u[|]s[|]er",
        "{{ (u ~ '-x').rsplit('-', 1)|join('+') }}§user[+x]",
        "{{ u.removeprefix('us') }}{{ ('ab' ~ u).removeprefix('a') }}§er[b]user",
        "{{ (u ~ '\\nx').splitlines()|join('/') }}§user[/x]",
        "{% set x %}<{{ u }}>{% endset %}{{ x }}§[<]user[>]",
        "{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(u) }}{{ m('k') }}§[<]user[><k>]",
        "{% filter upper %}a{{ u }}{% endfilter %}§[A]USER",
        "{% generation %}a{{ u }}{% endgeneration %}§[a]user",
        "{% for k, v in d.items() %}{{ k }}={{ v }}{% endfor %}§key[=]value",
        "{% for c in 'a' ~ u %}{{ c }}{% endfor %}§[a]user",
        "{{ strftime_now('%Y') }}{{ strftime_now(u) }}§[1970]user",
        "{{ {'a': 1}|list|first }}{{ d|list|first }}§[a]key",
        "{{ l|map('upper')|join }}§ONETWO",
        "{{ l|sort(reverse=true)|join }}§twoone",
      })
  void keepsTheOriginOfEveryCharacter(String source, String expected) {
    assertEquals(expected.replace("\\n", "\n"), marked(render(source)));
  }

  @Test
  void aChangeThatDependsOnTheWholeTextMakesAllOfItForeign() {
    // The last sigma of a word has a form of its own, so the pieces cannot be changed one by one.
    Text mixed =
        new TextBuilder(TemplateGolden.budget()).append("ΟΔΟ", true).append("Σ", false).build();
    assertEquals("οδος", marked(mixed.lower(TemplateGolden.budget())));
  }

  @Test
  void equalityAndKeysIgnoreTheOrigin() {
    assertEquals("True", render("{{ u == 'user' and 'key' in d and 'one' in l }}").chars());
    assertEquals("value", render("{{ d['key'] }}").chars());
    assertEquals("1", render("{{ ['user', u]|unique|list|length }}").chars());
  }

  @Test
  void joinsNeighboursOfTheSameOrigin() {
    List<String> runs = new ArrayList<>();
    render("a{{ 'b' }}{% if true %}c{% endif %}{{ u }}{{ u }}d")
        .forEachRun((piece, template) -> runs.add(piece));
    assertEquals(List.of("abc", "useruser", "d"), runs);
  }

  private static Text render(String source) {
    return Template.parse(source, 1 << 16, 64)
        .render(VARIABLES, TemplateGolden.clock("1970-01-01T00:00"), TemplateGolden.budget());
  }

  private static String marked(Text text) {
    StringBuilder out = new StringBuilder();
    text.forEachRun((piece, template) -> out.append(template ? "[" + piece + "]" : piece));
    return out.toString();
  }
}
