package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.GrammarException.Code;
import ai.kolm.grammar.compiler.GrammarCompiler;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/**
 * Every bit of every mask in every state, judged by nothing of the engine. For schemas with
 * finitely many values ({@link FiniteSchemas}) all of these are tried with an independent
 * validator, all ways to write the valid ones are put in a set, and a token is right if and only if
 * some text of the set goes on with it. So a mask that lets a wrong text begin is found, as is one
 * that keeps a right text from being written, and a dead end.
 */
class FiniteLanguageTest {
  private final TestVocabulary vocabulary = TestVocabulary.finite();
  private final GrammarCompiler compiler = new GrammarCompiler(vocabulary, GrammarLimits.DEFAULT);
  private final TokenMask mask = new TokenMask(vocabulary.size());
  private final JsonStyle style =
      JsonStyle.DEFAULT.with(JsonStyle.Whitespace.COMPACT).with(JsonStyle.Integers.WHOLE);
  private long states;
  private long texts;
  private long bits;

  @Test
  void everyBitInEveryStateIsRight() throws Exception {
    audit(60, 1);
  }

  @Test
  @Tag("nightly")
  void everyBitInEveryStateOfThousandsOfSchemasIsRight() throws Exception {
    audit(3_000, 2);
  }

  private void audit(int more, long seed) throws Exception {
    int audited = 0;
    int empty = 0;
    int refused = 0;
    for (FiniteSchemas.Case one : FiniteSchemas.all(more, new Random(seed))) {
      TextSet right = texts(one);
      Grammar grammar;
      try {
        grammar = compiler.jsonSchema(SchemaTests.schema(one.text()), style);
      } catch (GrammarException e) {
        boolean none = e.code() == Code.UNSATISFIABLE;
        assertTrue(none ? right.isEmpty() : e.code() == Code.UNSUPPORTED, () -> one + ": " + e);
        empty += none ? 1 : 0;
        refused += none ? 0 : 1;
        continue;
      }
      assertTrue(!right.isEmpty(), () -> "no value is valid, but there is a grammar: " + one);
      check(grammar, right, one.text());
      audited++;
    }
    System.out.printf(
        "%d finite schemas (%d without a value, %d refused), %,d texts, %,d states, %,d bits%n",
        audited, empty, refused, texts, states, bits);
    assertTrue(audited >= 150, audited + " schemas");
  }

  /** All texts of all valid values. */
  private TextSet texts(FiniteSchemas.Case one) {
    Schema schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(one.text());
    TextSet set = new TextSet();
    for (String value : one.values()) {
      JsonNode json = SchemaTests.MAPPER.readTree(value);
      if (schema.validate(json).isEmpty()) {
        for (String text : Spellings.of(json)) {
          set.add(text.getBytes(UTF_8));
          texts++;
        }
      }
    }
    return set;
  }

  private void check(Grammar grammar, TextSet right, String schema) {
    visit(grammar.matcher(), right, TextSet.ROOT, new ArrayList<>(), schema);
  }

  /** Reads on byte by byte through all beginnings of texts. */
  private void visit(
      TokenMatcher matcher, TextSet right, int place, List<Integer> read, String schema) {
    matcher.fill(mask);
    states++;
    bits += vocabulary.size();
    for (int token = 0; token < vocabulary.size(); token++) {
      boolean expected =
          vocabulary.endTokens().contains(token)
              ? right.isText(place)
              : token != vocabulary.control()
                  && right.after(place, vocabulary.bytes(token)) != TextSet.NONE;
      if (expected != mask.allows(token)) {
        assertEquals(
            expected,
            mask.allows(token),
            "token %s behind %s in %s"
                .formatted(
                    vocabulary.name(token), new String(vocabulary.text(read), UTF_8), schema));
      }
    }
    for (int value = 0; value < 256; value++) {
      int next = right.after(place, value);
      if (next != TextSet.NONE) {
        matcher.accept(value);
        read.add(value);
        visit(matcher, right, next, read, schema);
        read.removeLast();
        matcher.rollback(1);
      }
    }
  }

  /** A judge that cannot find a fault proves nothing: one text too few or too many is found. */
  @Test
  void aWrongBitIsFound() throws Exception {
    FiniteSchemas.Case one = new FiniteSchemas.Case("{\"enum\":[1,12]}", List.of("1", "12"));
    Grammar grammar = compiler.jsonSchema(SchemaTests.schema(one.text()), style);
    check(grammar, texts(one), "all is well");
    TextSet more = texts(one);
    more.add("13".getBytes(UTF_8));
    assertThrows(AssertionError.class, () -> check(grammar, more, "a canary"));
    TextSet fewer = new TextSet();
    fewer.add("12".getBytes(UTF_8));
    assertThrows(AssertionError.class, () -> check(grammar, fewer, "a canary"));
  }
}
