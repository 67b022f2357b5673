package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Schemas, patterns and grammars that nobody meant: damaged ones, and such as are made to cost.
 * Whatever they are, they compile or are refused, in bounded time and stack, and what compiles can
 * be followed to a few tokens without an error.
 */
final class FrontEndFuzzTest {
  private static final int SAMPLES = 400;
  private static final int NIGHTLY_SAMPLES = 60_000;
  private static final int LONG = 64 * 1024;

  /** Generous: a slow machine that also does other things. A limit is a second of fuel. */
  private static final long PATIENCE_NANOS = 30_000_000_000L;

  /** What a caller may write. */
  enum FrontEnd {
    SCHEMA(
        List.of(
            "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/x\"},\"b\":{\"enum\":[1,\"é\",null]}},"
                + "\"required\":[\"a\"],\"additionalProperties\":{\"type\":\"string\",\"pattern\":\"^a{2,5}$\"},"
                + "\"$defs\":{\"x\":{\"anyOf\":[{\"type\":\"array\",\"items\":{\"$ref\":\"#\"},\"maxItems\":3},"
                + "{\"type\":\"number\",\"multipleOf\":0.25,\"minimum\":-2}]}}}",
            "{\"allOf\":[{\"minLength\":2},{\"maxLength\":30,\"format\":\"date\"}],\"not\":{\"const\":\"x\"},"
                + "\"if\":{\"type\":\"string\"},\"then\":{\"pattern\":\"2\"},\"else\":false}",
            "{\"oneOf\":[{\"type\":\"integer\",\"maximum\":10},{\"type\":\"array\",\"contains\":{\"type\":\"integer\"},"
                + "\"uniqueItems\":true,\"items\":{\"type\":[\"string\",\"integer\"]}}],"
                + "\"patternProperties\":{\"^x\":{}},\"propertyNames\":{\"maxLength\":3},\"minProperties\":1}"),
        "{}[],:\"0123456789.eE-+ntfasuelr\\$#/^*|()"),
    REGEX(
        List.of(
            "^(?:[a-z0-9]+(?:-[a-z]{1,8})*|\\d{3}\\.\\p{L}+)$",
            "a|b*?c+|[^\\]\\x41-\\u0042\\s]{2,}x", "((a+)+)+$|(?<n>.)|\\cJ[\\w-]\\u{1F600}"),
        "()[]{}|*+?.^$\\-,:=!<>abdsw019upkxc"),
    GBNF(
        List.of(
            "root ::= item+ ws\nitem ::= \"a\" [b-z^]{2,3} | (\",\" item)? \"\\n\" # c\nws ::= [ \\t]*\n",
            "root ::= [^\"\\\\] | \"\\x41\\u00e9\" root*\nx ::= y\ny ::= \"\"\n"),
        "root::=|()[]{}*+?\"\\^-,#\n \tabxyz019"),
    LARK(
        List.of(
            "start: expr\n?expr: expr \"+\" NUM | \"(\" expr \")\" | NUM\nNUM: /[0-9]+/\n%ignore /[ ]+/\n",
            "start: (x | B)~2..3 [\"a\"i] -> y\nx: \"é\"+\nB.2: \"b\" | /c.*d/s\n%import common.INT\n"),
        "start:|()[]*+?~./\"\\%#\n abANUM0129->i_");

    @SuppressWarnings("ImmutableEnumChecker") // List.of
    private final List<String> seeds;

    private final String alphabet;

    FrontEnd(List<String> seeds, String alphabet) {
      this.seeds = seeds;
      this.alphabet = alphabet;
    }

    /** A seed with a few characters, or pieces of it, removed, doubled, moved or replaced. */
    String damaged(Random random) {
      StringBuilder text = new StringBuilder(seeds.get(random.nextInt(seeds.size())));
      for (int i = random.nextInt(1 + random.nextInt(8)); i >= 0 && !text.isEmpty(); i--) {
        int from = random.nextInt(text.length());
        int to = Math.min(text.length(), from + 1 + random.nextInt(12));
        char c = alphabet.charAt(random.nextInt(alphabet.length()));
        switch (random.nextInt(5)) {
          case 0 -> text.delete(from, to);
          case 1 -> text.insert(from, text.substring(from, to));
          case 2 -> text.insert(random.nextInt(text.length()), text.substring(from, to));
          case 3 -> text.setCharAt(from, c);
          default -> text.insert(from, c);
        }
      }
      return text.toString();
    }
  }

  /** What happened to a source; a failure is neither. */
  private enum Outcome {
    COMPILED,
    REFUSED
  }

  private final TestVocabulary vocabulary = TestVocabulary.json();
  private final GrammarCompiler compiler = new GrammarCompiler(vocabulary, GrammarLimits.DEFAULT);
  private final TokenMask mask = new TokenMask(vocabulary.size());

  private Grammar compile(FrontEnd frontEnd, String source) throws JsonException {
    return switch (frontEnd) {
      case SCHEMA ->
          compiler.jsonSchema(
              JsonReader.read(source.getBytes(UTF_8), JsonLimits.DEFAULT.withDepth(200)),
              JsonStyle.DEFAULT);
      case REGEX -> compiler.regex(source);
      case GBNF -> compiler.gbnf(source);
      case LARK -> compiler.lark(source);
    };
  }

  private static Outcome run(FrontEnd frontEnd, String source, CompileAndWalk compile) {
    long start = System.nanoTime();
    try {
      compile.run(frontEnd, source);
      return Outcome.COMPILED;
    } catch (GrammarException | JsonException e) {
      assertTrue(e.getMessage() != null && e.getMessage().length() < 1_000, "a short reason");
      return Outcome.REFUSED;
    } finally {
      assertTrue(System.nanoTime() - start < PATIENCE_NANOS, "took too long");
    }
  }

  /** What is tried with each source. */
  private interface CompileAndWalk {
    void run(FrontEnd frontEnd, String source) throws JsonException;
  }

  private void compileAndWalk(FrontEnd frontEnd, String source) throws JsonException {
    Grammar grammar = compile(frontEnd, source);
    TokenMatcher matcher = grammar.matcher();
    Random random = new Random(source.length());
    for (int step = 0; step < 6; step++) {
      matcher.fill(mask);
      int token = mask.next(random.nextInt(vocabulary.size()));
      token = token < 0 ? mask.next(0) : token;
      assertTrue(token >= 0 || matcher.isComplete(), "a dead end");
      if (token < 0 || vocabulary.endTokens().contains(token)) {
        return;
      }
      matcher.accept(token);
    }
  }

  /** The first damaged source that goes wrong, and how; {@code null}: none. */
  private static @Nullable String firstFailure(
      FrontEnd frontEnd, int samples, CompileAndWalk compile, Map<Outcome, Integer> counts) {
    Random random = new Random(11);
    for (int i = 0; i < samples; i++) {
      String source = frontEnd.damaged(random);
      try {
        counts.merge(run(frontEnd, source, compile), 1, Integer::sum);
      } catch (RuntimeException | Error e) {
        return source + "\n" + e;
      }
    }
    return null;
  }

  private void fuzz(FrontEnd frontEnd, int samples) {
    Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
    String failure = firstFailure(frontEnd, samples, this::compileAndWalk, counts);
    System.out.printf("%s: %,d damaged sources, %s%n", frontEnd, samples, counts);
    assertNull(failure);
    assertEquals(2, counts.size(), "some compile and some are refused: " + counts);
  }

  /** Damage starts from sources that compile: else nothing behind the parser would be met. */
  @ParameterizedTest
  @EnumSource
  void seedsCompile(FrontEnd frontEnd) throws JsonException {
    for (String seed : frontEnd.seeds) {
      assertNotNull(compile(frontEnd, seed), seed);
    }
  }

  @ParameterizedTest
  @EnumSource
  void damagedSourcesCompileOrAreRefused(FrontEnd frontEnd) {
    fuzz(frontEnd, SAMPLES);
  }

  @ParameterizedTest
  @EnumSource
  @Tag("nightly")
  void manyDamagedSourcesCompileOrAreRefused(FrontEnd frontEnd) {
    fuzz(frontEnd, NIGHTLY_SAMPLES);
  }

  /** The search finds a fault that only some damage meets. */
  @ParameterizedTest
  @EnumSource
  void aPlantedFaultIsFound(FrontEnd frontEnd) {
    CompileAndWalk faulty =
        (end, source) -> {
          compile(end, source);
          if (source.contains("aa")) {
            throw new ArrayIndexOutOfBoundsException("planted");
          }
        };
    String found = firstFailure(frontEnd, NIGHTLY_SAMPLES, faulty, new HashMap<>());
    assertNotNull(found);
    assertTrue(found.contains("planted"), found);
  }

  private static String repeat(String text) {
    return text.repeat(LONG / text.length());
  }

  private static String nested(String open, String middle, String close) {
    int times = LONG / (open.length() + close.length());
    return open.repeat(times) + middle + close.repeat(times);
  }

  private static List<String> patterns() {
    List<String> patterns = new ArrayList<>();
    patterns.add(nested("(", "a", ")"));
    patterns.add(nested("(", "a", ")+"));
    patterns.add(nested("(?:a|", "b", ")*"));
    patterns.add(nested("(?=", "a", ")"));
    patterns.add(nested("[", "a", "]"));
    patterns.add(repeat("a?") + "a".repeat(100));
    patterns.add(repeat("(a|a)"));
    patterns.add(repeat("a{0,2147483647}"));
    patterns.add(nested("(", "a", "){2,9}"));
    patterns.add("((a{1,1000}){1,1000}){1,1000}");
    patterns.add(repeat(".*x"));
    patterns.add(repeat("[^a]|"));
    patterns.add(repeat("\\u{10FFFF}"));
    patterns.add(repeat("\\p{L}"));
    patterns.add("[" + repeat("\\u0100-\\uFFFF") + "]");
    patterns.add("(.*a){20}.{20}b".repeat(20));
    patterns.add(repeat("\\"));
    patterns.add(repeat("("));
    patterns.add(repeat("|"));
    return patterns;
  }

  private static List<String> schemas() {
    List<String> schemas = new ArrayList<>();
    schemas.add(nested("{\"not\":", "{}", "}"));
    schemas.add(nested("{\"items\":", "{}", "}"));
    schemas.add(nested("{\"anyOf\":[{},", "{}", "]}"));
    schemas.add("{\"not\":".repeat(60) + "{\"minLength\":1}" + "}".repeat(60));
    schemas.add(
        "{\"oneOf\":[{\"type\":\"null\"},".repeat(16) + "{\"minLength\":1}" + "]}".repeat(16));
    schemas.add("{\"items\":{\"anyOf\":[{},".repeat(20) + "{}" + "]}}".repeat(20));
    schemas.add("{\"const\":" + nested("[", "1", "]") + "}");
    schemas.add("{\"allOf\":[" + repeat("{\"minLength\":1},") + "{}]}");
    schemas.add("{\"oneOf\":[" + repeat("{\"maximum\":1},") + "{}]}");
    schemas.add("{\"enum\":[" + numbers("\"v%d\"", 6_000) + "]}");
    schemas.add("{\"properties\":{" + numbers("\"p%d\":{}", 4_000) + "}}");
    schemas.add("{\"required\":[" + numbers("\"p%d\"", 5_000) + "]}");
    schemas.add("{\"patternProperties\":{" + numbers("\"p%d\":{}", 2_000) + "}}");
    schemas.add("{\"$ref\":\"#/$defs/a0\",\"$defs\":{" + ring(1_000) + "}}");
    schemas.add("{\"maxLength\":2147483647,\"minLength\":2147483646}");
    schemas.add("{\"type\":\"integer\",\"multipleOf\":999999937,\"minimum\":1e300}");
    schemas.add("{\"type\":\"number\",\"maximum\":" + "9".repeat(LONG) + "}");
    schemas.add("{\"uniqueItems\":true,\"minItems\":100000,\"items\":{\"type\":\"boolean\"}}");
    schemas.add("{\"pattern\":\"" + nested("(", "a", ")*") + "\"}");
    // Thousands of languages that end soon, all at once.
    String ends = numbers("[^~]?[^~]?[^~]?b%d", 3_000).replace(',', '|');
    schemas.add("{\"type\":\"string\",\"pattern\":\"^(" + ends + ")$\"}");
    return schemas;
  }

  private static String numbers(String format, int count) {
    return IntStream.range(0, count).mapToObj(format::formatted).collect(Collectors.joining(","));
  }

  private static String ring(int length) {
    return IntStream.range(0, length)
        .mapToObj(i -> "\"a%d\":{\"$ref\":\"#/$defs/a%d\"}".formatted(i, (i + 1) % length))
        .collect(Collectors.joining(","));
  }

  private static List<String> grammars(Function<String, String> rule, String or) {
    List<String> grammars = new ArrayList<>();
    grammars.add(rule.apply(nested("(", "\"a\"", ")")));
    grammars.add(rule.apply(nested("(", "\"a\"", ")*")));
    grammars.add(rule.apply(repeat("\"a\" ")));
    grammars.add(rule.apply(repeat("\"a\" " + or + " ") + "\"b\""));
    grammars.add(rule.apply(repeat("(")));
    grammars.add(rule.apply("\"" + repeat("a") + "\""));
    return grammars;
  }

  private static List<String> attacks(FrontEnd frontEnd) {
    return switch (frontEnd) {
      case SCHEMA -> schemas();
      case REGEX -> patterns();
      case GBNF -> {
        List<String> all = grammars(right -> "root ::= " + right + "\n", "|");
        all.add("root ::= " + "r0" + "\n" + chain("r%d ::= r%d r%d\n"));
        all.add("root ::= root root | \"a\" | \"\"\n");
        all.add("root ::= " + repeat("[a-z]{0,1000} ") + "\n");
        yield all;
      }
      case LARK -> {
        List<String> all = grammars(right -> "start: " + right + "\n", "|");
        all.add("start: r0\n" + chain("r%d: r%d r%d\n"));
        all.add("start: start start | \"a\" |\n");
        all.add("start: " + repeat("/[a-z]/~0..1000 ") + "\n");
        all.add("start: /" + nested("(", "a", ")*") + "/\n");
        yield all;
      }
    };
  }

  /** Rules each of which is twice the next: texts of 2^500 characters. */
  private static String chain(String rule) {
    StringBuilder rules = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      rules.append(rule.formatted(i, i + 1, i + 1));
    }
    return rules + rule.formatted(500, 500, 500).replaceAll("r500 r500", "\"a\"");
  }

  /** On a small stack: recursion on what the caller nests would overflow it. */
  @Tag("nightly")
  @ParameterizedTest
  @EnumSource
  void attacksEndInBoundedTimeAndStack(FrontEnd frontEnd) throws InterruptedException {
    List<Throwable> failures = new ArrayList<>();
    List<String> slow = new ArrayList<>();
    Consumer<String> attack =
        source -> {
          long start = System.nanoTime();
          run(frontEnd, source, this::compileAndWalk);
          long millis = (System.nanoTime() - start) / 1_000_000;
          if (millis > 2_000) {
            slow.add("%d ms: %.60s...".formatted(millis, source));
          }
        };
    Thread thread = new Thread(null, () -> attacks(frontEnd).forEach(attack), "attack", 512 * 1024);
    thread.setUncaughtExceptionHandler((_, e) -> failures.add(e));
    thread.start();
    thread.join();
    slow.forEach(each -> System.out.println(frontEnd + " " + each));
    assertEquals(List.of(), failures);
  }

  @Test
  void aStackThatOverflowsIsNoRefusal() {
    CompileAndWalk overflowing =
        (_, _) -> {
          throw new StackOverflowError();
        };
    String found = firstFailure(FrontEnd.REGEX, 1, overflowing, new HashMap<>());
    assertNotNull(found);
  }
}
