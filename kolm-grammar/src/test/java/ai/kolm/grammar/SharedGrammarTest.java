package ai.kolm.grammar;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.compiler.GrammarCompiler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Grammars and their vocabulary, shared by many threads and many schemas. */
class SharedGrammarTest {
  private static final int THREADS = 64;
  private static final int WALKS = 8;
  private static final int SCHEMAS = 10_000;

  private final TestVocabulary vocabulary = TestVocabulary.json();
  private final GrammarCompiler compiler = new GrammarCompiler(vocabulary, GrammarLimits.DEFAULT);

  private static final String SCHEMA =
      """
      {"type": "object",
       "properties": {
         "name": {"type": "string", "maxLength": 12},
         "code": {"type": "string", "pattern": "^[a-z]{2,8}-[0-9]+$"},
         "tags": {"type": "array", "items": {"enum": ["foo", "bar", "quux"]}, "uniqueItems": true},
         "next": {"$ref": "#"}},
       "required": ["name"],
       "additionalProperties": {"type": "number", "minimum": 0}}
      """;

  /** All masks of walks by chance, as the words they are made of. */
  private List<long[]> masks(Grammar grammar, long seed) {
    List<long[]> masks = new ArrayList<>();
    Random random = new Random(seed);
    TokenMask mask = new TokenMask(vocabulary.size());
    for (int walk = 0; walk < WALKS; walk++) {
      TokenMatcher matcher = grammar.matcher();
      for (int length = 0; length < 40; length++) {
        matcher.fill(mask);
        long[] words = new long[mask.words()];
        for (int i = 0; i < words.length; i++) {
          words[i] = mask.word(i);
        }
        masks.add(words);
        int next = mask.next(random.nextInt(vocabulary.size()));
        int token = next >= 0 ? next : mask.next(0);
        if (vocabulary.endTokens().contains(token)) {
          break;
        }
        matcher.accept(token);
      }
    }
    return masks;
  }

  @Test
  void manyThreadsSeeTheMasksThatOneSees() throws Exception {
    Grammar shared = compiler.jsonSchema(SchemaTests.schema(SCHEMA), JsonStyle.DEFAULT);
    CountDownLatch start = new CountDownLatch(1);
    List<Future<List<long[]>>> found = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (int i = 0; i < THREADS; i++) {
        long seed = i / 2;
        found.add(
            threads.submit(
                () -> {
                  start.await();
                  return masks(shared, seed);
                }));
      }
      start.countDown();
      for (int i = 0; i < THREADS; i++) {
        Grammar alone = compiler.jsonSchema(SchemaTests.schema(SCHEMA), JsonStyle.DEFAULT);
        List<long[]> expected = masks(alone, i / 2);
        List<long[]> seen = found.get(i).get();
        assertEquals(expected.size(), seen.size());
        for (int j = 0; j < seen.size(); j++) {
          assertArrayEquals(expected.get(j), seen.get(j));
        }
      }
    }
  }

  /** The comparison is not blind: other walks have other masks. */
  @Test
  void otherWalksHaveOtherMasks() throws Exception {
    Grammar grammar = compiler.jsonSchema(SchemaTests.schema(SCHEMA), JsonStyle.DEFAULT);
    assertFalse(
        Arrays.deepEquals(
            masks(grammar, 1).toArray(long[][]::new), masks(grammar, 2).toArray(long[][]::new)));
  }

  /** What a vocabulary keeps for all grammars does not grow with their number. */
  @Test
  void tenThousandSchemasLeaveNothingBehind() throws Exception {
    use(0, 500);
    long before = usedBytes();
    use(500, SCHEMAS);
    long kept = usedBytes() - before;
    assertTrue(kept < (8 << 20), "%,d bytes more".formatted(kept));
  }

  private void use(int from, int to) throws Exception {
    Random random = new Random(from);
    RandomWalk walk = new RandomWalk(vocabulary, random);
    for (int i = from; i < to; i++) {
      String schema =
          """
          {"type": "object", "properties": {"key%d": {"type": "string", "pattern": "^[%c-z%d]{1,%d}$"}},
           "required": ["key%d"], "additionalProperties": false}
          """
              .formatted(i, 'a' + i % 20, i % 10, 1 + i % 300, i);
      walk.from(compiler.jsonSchema(SchemaTests.schema(schema), JsonStyle.DEFAULT), 12);
    }
  }

  private static long usedBytes() throws InterruptedException {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 5; i++) {
      System.gc();
      Thread.sleep(20);
      Runtime runtime = Runtime.getRuntime();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }
}
