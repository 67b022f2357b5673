package ai.kolm.grammar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.compiler.GrammarCompiler;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Whatever the masks let through is valid, as an independent validator sees it, and they never lead
 * into a dead end.
 */
class RandomWalkTest {
  private final TestVocabulary vocabulary = TestVocabulary.json();
  private final GrammarCompiler compiler = new GrammarCompiler(vocabulary, GrammarLimits.DEFAULT);

  @Test
  void twoThousandAnswersAreValid() throws Exception {
    walk(4, 1);
  }

  @Test
  @Tag("nightly")
  void aHundredThousandAnswersAreValid() throws Exception {
    walk(180, 2);
  }

  private void walk(int walks, long seed) throws Exception {
    Random random = new Random(seed);
    RandomWalk walk = new RandomWalk(vocabulary, random);
    int ended = 0;
    int cut = 0;
    int refused = 0;
    for (SchemaCases.Case one : SchemaCases.all()) {
      Grammar grammar;
      try {
        grammar = compiler.jsonSchema(SchemaTests.schema(one.schema()), one.style());
      } catch (GrammarException e) {
        refused++;
        continue;
      }
      for (int i = 0; i < walks; i++) {
        List<Integer> ids = walk.from(grammar, 250);
        if (ids == null) {
          cut++;
        } else {
          ended++;
          judge(one, vocabulary.text(ids));
        }
      }
    }
    System.out.printf("%d answers valid, %d cut, %d schemas refused%n", ended, cut, refused);
    assertTrue(ended > 500 * walks, ended + " answers ended");
    assertTrue(cut * 10 < ended, cut + " answers never ended");
  }

  private static void judge(SchemaCases.Case one, byte[] answer) throws Exception {
    String text = new String(answer, UTF_8);
    JsonReader.read(answer, JsonLimits.DEFAULT.withDepth(70));
    Schema schema = SchemaRegistry.withDefaultDialect(one.version()).getSchema(one.schema());
    assertEquals(
        List.of(),
        schema.validate(SchemaTests.MAPPER.readTree(text)),
        () -> text + " for " + one.schema());
  }

  /** The judge is not blind. */
  @Test
  void anInvalidAnswerIsFound() {
    Schema schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema("{\"type\":\"integer\"}");
    assertFalse(schema.validate(SchemaTests.MAPPER.readTree("\"x\"")).isEmpty());
  }
}
