package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.compiler.GrammarCompiler;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What a {@link TokenMatcher} promises, whatever the grammar. */
class MatcherTest {
  private static final String PERSON =
      "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"},"
          + "\"tags\":{\"type\":\"array\",\"items\":{\"enum\":[\"foo\",\"bar\"]}}},"
          + "\"required\":[\"name\"],\"additionalProperties\":{\"type\":\"integer\"}}";

  private final TestVocabulary vocabulary = TestVocabulary.json();
  private final GrammarCompiler compiler = new GrammarCompiler(vocabulary, GrammarLimits.DEFAULT);

  private Grammar person() throws Exception {
    return compiler.jsonSchema(SchemaTests.schema(PERSON), JsonStyle.DEFAULT);
  }

  private long[] bits(TokenMatcher matcher) {
    TokenMask mask = new TokenMask(vocabulary.size());
    matcher.fill(mask);
    long[] bits = new long[(vocabulary.size() + 63) / 64];
    for (int id = mask.next(0); id >= 0; id = mask.next(id + 1)) {
      bits[id / 64] |= 1L << id;
    }
    return bits;
  }

  /** Every bit of the mask, at every step of many walks, is what {@code accept} would say. */
  @Test
  void everyBitAgreesWithAccept() throws Exception {
    Random random = new Random(3);
    for (String schema :
        List.of(
            PERSON,
            "{}",
            "{\"type\":\"array\",\"uniqueItems\":true,"
                + "\"items\":{\"type\":[\"string\",\"integer\"]}}")) {
      Grammar grammar = compiler.jsonSchema(SchemaTests.schema(schema), JsonStyle.DEFAULT);
      for (int walk = 0; walk < 8; walk++) {
        TokenMatcher matcher = grammar.matcher();
        TokenMask mask = new TokenMask(vocabulary.size());
        for (int step = 0; step < 25; step++) {
          matcher.fill(mask);
          for (int id = 0; id < vocabulary.size(); id++) {
            assertEquals(accepts(matcher.fork(), id), mask.allows(id), "token " + id);
          }
          int next = mask.next(random.nextInt(vocabulary.size()));
          next = next < 0 ? mask.next(0) : next;
          if (next < 0 || vocabulary.endTokens().contains(next)) {
            break;
          }
          matcher.accept(next);
        }
      }
    }
  }

  /** A text of {@link #PERSON} and the end, in tokens of one byte. */
  private List<Integer> walk(String name, int number) {
    String text =
        "{\"tags\":[\"foo\", \"bar\"],\n\"name\": \"%s\",\"n\":%d}".formatted(name, number);
    List<Integer> ids = new ArrayList<>();
    for (byte b : text.getBytes(UTF_8)) {
      ids.add(b & 0xFF);
    }
    ids.add(vocabulary.endTokens().iterator().next());
    return ids;
  }

  private static boolean accepts(TokenMatcher matcher, int token) {
    try {
      matcher.accept(token);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Test
  void rollbackIsExact() throws Exception {
    Grammar grammar = person();
    List<Integer> ids = walk("Ada", 7);
    TokenMatcher matcher = grammar.matcher();
    List<long[]> seen = new ArrayList<>();
    for (int id : ids) {
      seen.add(bits(matcher));
      matcher.accept(id);
    }
    for (int back = 1; back <= ids.size(); back++) {
      matcher.rollback(back);
      int at = ids.size() - back;
      assertArrayEquals(seen.get(at), bits(matcher));
      TokenMatcher fork = matcher.fork();
      for (int i = at; i < ids.size(); i++) {
        matcher.accept(ids.get(i));
      }
      assertArrayEquals(seen.get(at), bits(fork));
    }
    assertThrows(IllegalArgumentException.class, () -> matcher.rollback(ids.size() + 1));
  }

  @Test
  void aRefusedTokenChangesNothing() throws Exception {
    TokenMatcher matcher = person().matcher();
    long[] before = bits(matcher);
    assertThrows(IllegalArgumentException.class, () -> matcher.accept(']'));
    assertThrows(IllegalArgumentException.class, () -> matcher.accept(vocabulary.end()));
    assertThrows(IllegalArgumentException.class, () -> matcher.accept(vocabulary.control()));
    assertThrows(IllegalArgumentException.class, () -> matcher.accept(vocabulary.size()));
    assertArrayEquals(before, bits(matcher));
  }

  @Test
  void nothingFollowsAnEndToken() throws Exception {
    TokenMatcher matcher = compiler.regex("a*").matcher();
    assertTrue(matcher.isComplete());
    matcher.accept('a');
    matcher.accept(vocabulary.end());
    assertTrue(matcher.isComplete());
    assertArrayEquals(new long[bits(matcher).length], bits(matcher));
    matcher.rollback(1);
    matcher.accept('a');
  }

  @Test
  void whatIsForcedIsToldUpToTheFirstChoiceOfMeaning() throws Exception {
    Grammar grammar =
        compiler.jsonSchema(
            SchemaTests.schema(
                "{\"type\":\"object\",\"properties\":{\"colour\":{\"enum\":[\"red\",\"rose\"]}},"
                    + "\"required\":[\"colour\"],\"additionalProperties\":false}"),
            JsonStyle.DEFAULT.with(JsonStyle.Whitespace.COMPACT));
    TokenMatcher matcher = compiler.choices(List.of("yes, of course")).matcher();
    assertEquals("yes, of course", new String(matcher.forcedBytes(100), UTF_8));
    assertEquals("yes", new String(matcher.forcedBytes(3), UTF_8));
    TokenMatcher json = grammar.matcher();
    json.accept('{');
    json.accept('"');
    json.accept('c');
    assertEquals("olour\":\"r", new String(json.forcedBytes(100), UTF_8), "escapes are no choice");
  }

  @Test
  void integersAreWrittenWithoutAPointWhereThatIsWanted() throws Exception {
    for (String schema :
        List.of(
            "{\"type\":\"integer\"}",
            "{\"enum\":[1,20]}",
            "{\"type\":\"number\",\"multipleOf\":10}",
            "{\"type\":\"integer\",\"minimum\":-3}",
            "{\"type\":\"number\",\"minimum\":-3}")) {
      for (JsonStyle.Integers style : JsonStyle.Integers.values()) {
        Grammar grammar =
            compiler.jsonSchema(SchemaTests.schema(schema), JsonStyle.DEFAULT.with(style));
        boolean point =
            style == JsonStyle.Integers.AS_NUMBERS || schema.contains("\"number\",\"minimum");
        assertEquals(point, reads(grammar, "20.0"), schema + style);
        assertTrue(reads(grammar, "20"), schema + style);
      }
    }
  }

  private static boolean reads(Grammar grammar, String text) {
    TokenMatcher matcher = grammar.matcher();
    for (byte b : text.getBytes(UTF_8)) {
      if (!accepts(matcher, b & 0xFF)) {
        return false;
      }
    }
    return matcher.isComplete();
  }

  @Test
  void sixtyFourThreadsSeeTheSameMasks() throws Exception {
    Grammar grammar = person();
    List<Integer> ids = walk("Grace \\u00e9", -12);
    List<long[]> expected = new ArrayList<>();
    TokenMatcher alone = person().matcher();
    for (int id : ids) {
      expected.add(bits(alone));
      alone.accept(id);
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(64)) {
      List<Future<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < 64; i++) {
        results.add(threads.submit((Callable<Boolean>) () -> replays(grammar, ids, expected)));
      }
      for (Future<Boolean> result : results) {
        assertTrue(result.get());
      }
    }
  }

  private boolean replays(Grammar grammar, List<Integer> ids, List<long[]> expected) {
    TokenMatcher matcher = grammar.matcher();
    for (int i = 0; i < ids.size(); i++) {
      assertArrayEquals(expected.get(i), bits(matcher));
      matcher.accept(ids.get(i));
    }
    return true;
  }

  @Test
  void aliasesAreAllowedTogether() {
    Grammar grammar = compiler.regex("foo");
    long[] bits = bits(grammar.matcher());
    int first = vocabulary.id("foo").orElseThrow();
    int count = 0;
    for (int id = 0; id < vocabulary.size(); id++) {
      boolean allowed = (bits[id / 64] & 1L << id) != 0;
      count += allowed && vocabulary.name(id).equals("foo") ? 1 : 0;
    }
    assertTrue((bits[first / 64] & 1L << first) != 0);
    assertEquals(2, count);
  }

  @Test
  void aControlTokenIsNeverText() {
    TokenMatcher matcher = compiler.regex("[^\\u{0}]*").matcher();
    TokenMask mask = new TokenMask(vocabulary.size());
    matcher.fill(mask);
    assertFalse(mask.allows(vocabulary.control()));
  }
}
