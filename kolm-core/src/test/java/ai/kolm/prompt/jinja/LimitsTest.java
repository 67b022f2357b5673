package ai.kolm.prompt.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.prompt.jinja.TemplateError.Kind;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Templates that would cost too much: each is stopped, by the limit that is there for it. */
class LimitsTest {
  private static final String DOUBLING =
      "{% set ns = namespace(x=START) %}{% for i in range(40) %}\n{% set ns.x = STEP %}{% endfor %}";
  private static final int STACK = 512 << 10;

  /** Nothing takes a tenth of it on a machine that is not busy with something else. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static String doubling(String start, String step) {
    return DOUBLING.replace("START", start).replace("STEP", step);
  }

  static Stream<Arguments> costly() {
    return Stream.of(
        Arguments.of("a source of more than 65,536 characters", 1, "x".repeat(65_537)),
        Arguments.of(
            "nested deeper than 64", 1, "{{ " + "(".repeat(65) + "1" + ")".repeat(65) + " }}"),
        Arguments.of(
            "nested deeper than 64", 1, "{{ " + "[".repeat(30_000) + "]".repeat(30_000) + " }}"),
        Arguments.of(
            "nested deeper than 64",
            1,
            "{{ " + "{1:".repeat(15_000) + "1" + "}".repeat(15_000) + " }}"),
        Arguments.of("nested deeper than 64", 1, "{{ " + "not ".repeat(15_000) + "1 }}"),
        Arguments.of("nested deeper than 64", 1, "{{ " + "- ".repeat(30_000) + "1 }}"),
        Arguments.of(
            "nested deeper than 64",
            1,
            "{{ " + "a[".repeat(20_000) + "1" + "]".repeat(20_000) + " }}"),
        Arguments.of(
            "nested deeper than 64", 1, "{{ " + "f(".repeat(20_000) + ")".repeat(20_000) + " }}"),
        Arguments.of("nested deeper than 64", 1, "{{ " + "1 if 1 else ".repeat(5_000) + "1 }}"),
        Arguments.of(
            "nested deeper than 64",
            1,
            "{{ a" + " is in a(a".repeat(5_000) + ")".repeat(5_000) + " }}"),
        Arguments.of("nested deeper than 64", 1, "{% if 1 %}".repeat(6_000)),
        Arguments.of("nested deeper than 64", 64, "{% for a in b %}\n".repeat(3_000)),
        Arguments.of(
            "nested deeper than 64",
            1,
            "{% set " + "(".repeat(30_000) + "a" + ")".repeat(30_000) + " = 1 %}"),
        Arguments.of(
            "more than 100,000 steps",
            2,
            "{% for i in range(9999) %}{% for j in range(9999) %}\n{% endfor %}{% endfor %}"),
        Arguments.of("a text of more than 4,194,304 characters", 1, "{{ 'a' * 4194305 }}"),
        Arguments.of(
            "a text of more than 4,194,304 characters", 1, "{{ 'ab' * 9223372036854775807 }}"),
        Arguments.of("a text of more than 4,194,304 characters", 1, "{{ 'a'|center(5000000000) }}"),
        Arguments.of("a text of more than 4,194,304 characters", 1, "{{ 'a'|indent(5000000) }}"),
        Arguments.of(
            "a text of more than 4,194,304 characters", 2, doubling("'ab'", "ns.x + ns.x")),
        Arguments.of(
            "a text of more than 4,194,304 characters", 2, doubling("'ab'", "ns.x ~ ns.x")),
        Arguments.of(
            "a text of more than 4,194,304 characters",
            2,
            doubling("'aa'", "ns.x.replace('a', 'aa')")),
        Arguments.of(
            "a text of more than 4,194,304 characters",
            2,
            doubling("'aa'", "ns.x|replace('', 'a')")),
        Arguments.of(
            "a text of more than 4,194,304 characters", 2, doubling("'a'", "[ns.x, ns.x]|join")),
        Arguments.of(
            "a text of more than 4,194,304 characters",
            2,
            doubling("'a'", "'%s%s' % (ns.x, ns.x)")),
        Arguments.of(
            "a text of more than 4,194,304 characters",
            2,
            doubling("'a'", "'{0}{0}'.format(ns.x)")),
        Arguments.of(
            "a text of more than 4,194,304 characters", 2, doubling("'\\\\'", "ns.x|tojson")),
        Arguments.of(
            "a text of more than 4,194,304 characters", 2, doubling("'&'", "ns.x|escape ~ ns.x")),
        Arguments.of("more than 10,000 items in one list or loop", 1, "{{ range(10001)|list }}"),
        Arguments.of(
            "more than 10,000 items in one list or loop",
            1,
            "{% for i in range(9223372036854775807) %}{% endfor %}"),
        Arguments.of("more than 10,000 items in one list or loop", 1, "{{ [1] * 10001 }}"),
        Arguments.of("more than 10,000 items in one list or loop", 1, "{{ ('a' * 10001)|list }}"),
        Arguments.of(
            "more than 10,000 items in one list or loop", 1, "{{ ('a ' * 10001).split() }}"),
        Arguments.of(
            "more than 10,000 items in one list or loop", 1, "{{ ('a,' * 10001).split(',') }}"),
        Arguments.of(
            "more than 10,000 items in one list or loop", 1, "{{ ('a,' * 10001).rsplit(',') }}"),
        Arguments.of(
            "more than 10,000 items in one list or loop", 1, "{{ ('a\n' * 10001).splitlines() }}"),
        Arguments.of(
            "more than 10,000 items in one list or loop",
            1,
            "{% for c in 'a' * 10001 %}{% endfor %}"),
        Arguments.of(
            "more than 10,000 items in one list or loop", 1, "{{ [1]|batch(99999, 0)|list }}"),
        Arguments.of(
            "more than 10,000 items in one list or loop", 1, "{{ [1]|slice(99999)|list }}"),
        Arguments.of(
            "more than 10,000 items in one list or loop", 2, doubling("[1]", "ns.x + ns.x")),
        Arguments.of(
            "string and list operations touch more than 67,108,864 characters",
            2,
            "{% set x = 'a' * 4000000 %}{% for i in range(9999) %}\n{% set y = x|upper %}{% endfor %}"),
        Arguments.of(
            "string and list operations touch more than 67,108,864 characters",
            2,
            "{% set x = 'a' * 4000000 %}{% set y = 'a' * 4000000 %}{% for i in range(9999) %}\n"
                + "{% if x == y %}{% endif %}{% endfor %}"),
        Arguments.of(
            "string and list operations touch more than 67,108,864 characters",
            1,
            "{{ ('a' * 2000000 ~ 'b') in ('a' * 4000000) }}"),
        Arguments.of(
            "string and list operations touch more than 67,108,864 characters",
            2,
            "{% set x = [0] * 10000 %}{% for i in range(9999) %}\n{% set y = x|sort %}{% endfor %}"),
        Arguments.of(
            "evaluation nested deeper than 250",
            1,
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
        Arguments.of(
            "evaluation nested deeper than 250",
            1,
            "{% macro a() %}{% if b() %}{% endif %}{% endmacro %}{% macro b() %}{{ [[[a()]]] }}{% endmacro %}{{ a() }}"),
        Arguments.of(
            "evaluation nested deeper than 250",
            1,
            "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}"),
        Arguments.of(
            "evaluation nested deeper than 250",
            1,
            "{% set l = [1] %}{% for i in l recursive %}{{ loop(l) }}{% endfor %}"),
        Arguments.of(
            "a value nested deeper than 100", 2, doubling("[]", "[[[[ns.x]]]]") + "{{ ns.x }}"),
        Arguments.of(
            "a value nested deeper than 100",
            2,
            doubling("{}", "{'a': [[[ns.x]]]}") + "{{ ns.x|tojson }}"),
        Arguments.of(
            "a value nested deeper than 100",
            2,
            doubling("[]", "[[[[ns.x]]]]").replace("ns", "a")
                + doubling("[]", "[[[[ns.x]]]]")
                + "{{ a.x == ns.x }}"),
        Arguments.of(
            "string and list operations touch more than 67,108,864 characters",
            2,
            doubling("[1]", "[ns.x, ns.x]").replace("ns", "a")
                + doubling("[1]", "[ns.x, ns.x]")
                + "{{ a.x == ns.x }}"),
        Arguments.of(
            "a text of more than 4,194,304 characters",
            2,
            doubling("[1]", "[ns.x, ns.x]") + "{{ ns.x }}"));
  }

  @ParameterizedTest
  @MethodSource("costly")
  void stops(String message, int line, String source) throws InterruptedException {
    TemplateError error = failure(source);
    assertEquals(Kind.LIMIT, error.kind());
    assertEquals(message, error.reason());
    int actual = error.line();
    assertTrue(actual == line || message.startsWith("a value") || line == 2, "line " + actual);
  }

  /** A namespace can hold itself; nothing that walks values may follow it. */
  @Test
  void doesNotFollowANamespaceInItself() throws InterruptedException {
    String cycle = "{% set ns = namespace() %}{% set ns.x = [ns] %}";
    for (String use : new String[] {"{{ ns.x }}", "{{ ns.x|tojson }}", "{{ ns.x|join }}"}) {
      assertEquals(Kind.EVALUATION, failure(cycle + use).kind(), use);
    }
  }

  @Test
  void theLimitsThemselvesAreAllowed() {
    assertEquals("100", render("{{ ('a' * 100)|length }}").chars());
    assertEquals("10000", render("{{ range(10000)|length }}").chars());
    String nested = "(".repeat(60) + "1" + ")".repeat(60);
    assertEquals("1", render("{{ " + nested + " }}").chars());
    String macro = "{% macro m(n) %}{{ m(n - 1) if n else 'end' }}{% endmacro %}";
    assertEquals("end", render(macro + "{{ m(35) }}").chars());
  }

  /** The failure of a template in a thread with a small stack, and in time. */
  private static TemplateError failure(String source) throws InterruptedException {
    AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();
    Runnable task =
        () -> {
          try {
            render(source);
          } catch (Throwable e) {
            thrown.set(e);
          }
        };
    Thread thread = new Thread(null, task, "small stack", STACK);
    thread.start();
    assertTrue(thread.join(PATIENCE), "still running");
    Throwable failure = thrown.get();
    assertNotNull(failure, "rendered");
    return assertInstanceOf(TemplateError.class, failure);
  }

  private static Text render(String source) {
    return Template.parse(source, 1 << 16, 64)
        .render(Map.of(), Clock.systemUTC(), TemplateGolden.budget());
  }
}
