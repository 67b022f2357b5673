package ai.kolm.grammar;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.compiler.GrammarCompiler;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Every bit of every mask, on walks by chance through hundreds of schemas. Masks are made by
 * shortcuts: sets shared between grammars, tails behind quotes, states that forget. Here each token
 * is read byte by byte by a matcher of a grammar over nothing but single bytes, in which no mask is
 * ever shared and no token has a tail; a token is allowed if and only if that one takes all of its
 * bytes. And what is allowed can be completed: the walk goes on from there to an end.
 */
class MaskAuditTest {
  private final TestVocabulary vocabulary = TestVocabulary.json();
  private final TestVocabulary bytes = new TestVocabulary(List.of());
  private final GrammarCompiler compiler = new GrammarCompiler(vocabulary, GrammarLimits.DEFAULT);
  private final GrammarCompiler plain = new GrammarCompiler(bytes, GrammarLimits.DEFAULT);
  private final TokenMask mask = new TokenMask(vocabulary.size());
  private long bits;

  @Test
  void everyBitOfEveryMaskIsRight() throws Exception {
    audit(1, 12, 3);
  }

  @Test
  @Tag("nightly")
  void everyBitOfEveryMaskIsRightOnLongWalks() throws Exception {
    audit(20, 60, 4);
  }

  /**
   * Counts near and beyond the length of the longest token: masks do not look further than that.
   */
  @Test
  void everyBitIsRightWhereCountsAreLookedBeyond() throws Exception {
    Random random = new Random(5);
    List<String> patterns =
        List.of(
            "^.*\\\\S$",
            "\\\\S+",
            "^[a-z0-9-]+:\\\\d{3}:[^\\\\s]+$",
            "^(?!foo)[a-zé日]{2,40}$",
            "^([a-z]([a-z \\\"0-9]{0,17}[a-z])?)$",
            "^[^\\\\\\\\]{18,}[a-z]*$",
            "^(?:ab|[^b]){0,50}$",
            "[\\\\p{L}]{17,19}");
    int audited = 0;
    for (String pattern : patterns) {
      for (int[] length : new int[][] {{0, 16}, {0, 17}, {1, 18}, {3, 31}, {20, 33}, {0, 500}}) {
        String schema =
            "{\"type\":\"string\",\"pattern\":\"%s\",\"minLength\":%d,\"maxLength\":%d}"
                .formatted(pattern, length[0], length[1]);
        audited += audited(schema, random) ? 1 : 0;
      }
    }
    System.out.printf("%d schemas with counts, %,d bits of masks%n", audited, bits);
    assertTrue(audited >= 40, audited + " schemas");
  }

  private boolean audited(String schema, Random random) throws Exception {
    Grammar grammar;
    try {
      grammar = compiler.jsonSchema(SchemaTests.schema(schema), JsonStyle.DEFAULT);
    } catch (GrammarException e) {
      assertEquals(GrammarException.Code.UNSATISFIABLE, e.code(), schema);
      return false;
    }
    Grammar reference = plain.jsonSchema(SchemaTests.schema(schema), JsonStyle.DEFAULT);
    walk(grammar, reference, 40, random, schema);
    return true;
  }

  private void audit(int walks, int length, long seed) throws Exception {
    Random random = new Random(seed);
    int audited = 0;
    for (SchemaCases.Case one : SchemaCases.all()) {
      Grammar grammar;
      Grammar reference;
      try {
        grammar = compiler.jsonSchema(SchemaTests.schema(one.schema()), one.style());
        reference = plain.jsonSchema(SchemaTests.schema(one.schema()), one.style());
      } catch (GrammarException e) {
        continue;
      }
      audited++;
      for (int i = 0; i < walks; i++) {
        walk(grammar, reference, length, random, one.schema());
      }
    }
    System.out.printf("%d schemas, %,d bits of masks%n", audited, bits);
    assertTrue(audited >= 300, audited + " schemas");
  }

  private void walk(Grammar grammar, Grammar reference, int length, Random random, String schema) {
    TokenMatcher matcher = grammar.matcher();
    TokenMatcher judge = reference.matcher();
    List<Integer> ids = new ArrayList<>();
    for (int i = 0; i < length; i++) {
      matcher.fill(mask);
      check(judge, () -> at(ids) + " in " + schema);
      int token = pick(random);
      assertTrue(token >= 0, () -> "dead end " + at(ids) + " in " + schema);
      if (vocabulary.endTokens().contains(token)) {
        return;
      }
      matcher.accept(token);
      for (byte b : vocabulary.bytes(token)) {
        judge.accept(b & 0xFF);
      }
      ids.add(token);
    }
  }

  private String at(List<Integer> ids) {
    return "behind " + new String(vocabulary.text(ids), StandardCharsets.UTF_8);
  }

  private void check(TokenMatcher judge, Supplier<String> where) {
    boolean[] begins = new boolean[256];
    for (int value = 0; value < begins.length; value++) {
      begins[value] = takes(judge, new byte[] {(byte) value});
    }
    for (int token = 0; token < vocabulary.size(); token++) {
      byte[] text = vocabulary.bytes(token);
      boolean right =
          vocabulary.endTokens().contains(token)
              ? judge.isComplete()
              : token != vocabulary.control() && begins[text[0] & 0xFF] && takes(judge, text);
      int which = token;
      assertEquals(
          right, mask.allows(token), () -> "token " + vocabulary.name(which) + " " + where.get());
    }
    bits += vocabulary.size();
  }

  private static boolean takes(TokenMatcher judge, byte[] text) {
    int read = 0;
    try {
      while (read < text.length) {
        judge.accept(text[read] & 0xFF);
        read++;
      }
    } catch (IllegalArgumentException e) {
      // Not this byte.
    }
    judge.rollback(read);
    return read == text.length;
  }

  private int pick(Random random) {
    int next = mask.next(random.nextInt(vocabulary.size()));
    return next >= 0 ? next : mask.next(0);
  }

  /** An audit that cannot fail proves nothing: a mask of another schema is found out. */
  @Test
  void aWrongBitIsFound() throws Exception {
    Grammar grammar =
        compiler.jsonSchema(SchemaTests.schema("{\"type\":\"integer\"}"), JsonStyle.DEFAULT);
    Grammar other =
        plain.jsonSchema(SchemaTests.schema("{\"type\":\"number\"}"), JsonStyle.DEFAULT);
    assertThrows(
        AssertionError.class,
        () -> {
          for (int i = 0; i < 50; i++) {
            walk(grammar, other, 12, new Random(i), "a canary");
          }
        });
  }
}
