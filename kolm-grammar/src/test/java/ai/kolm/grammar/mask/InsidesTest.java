package ai.kolm.grammar.mask;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.TestVocabulary;
import ai.kolm.grammar.lexer.Lexer;
import ai.kolm.grammar.regex.Budget;
import ai.kolm.grammar.regex.CodePoints;
import ai.kolm.grammar.regex.RegexAlgebra;
import org.junit.jupiter.api.Test;

/** What languages say about tokens is kept once for all that say the same. */
class InsidesTest {
  private final RegexAlgebra algebra = new RegexAlgebra(new Budget(1 << 20, "testing"), 1 << 20);
  private final Insides insides = insides();

  private Insides insides() {
    TestVocabulary vocabulary = TestVocabulary.json();
    PreparedVocabulary prepared = PreparedVocabulary.of(vocabulary, vocabulary.endTokens());
    Lexer lexer = new Lexer(algebra, new Budget(1 << 20, "testing"), 1 << 20);
    return new Insides(lexer, prepared.tokens(), prepared.free());
  }

  private int letters(int min, int max) {
    return algebra.repeat(algebra.characters(CodePoints.of('a', 'z')), min, max);
  }

  @Test
  void countsBeyondAllTokensShareASet() {
    int some = insides.of(algebra.concat(letters(0, 500), algebra.literal("-")));
    assertEquals(some, insides.of(algebra.concat(letters(0, 400), algebra.literal("-"))));
    assertNotEquals(some, insides.of(algebra.concat(letters(0, 2), algebra.literal("-"))));
  }

  @Test
  void aLeastLengthThatCanStillBeReachedIsSharedToo() {
    int word = algebra.concat(letters(1, RegexAlgebra.UNBOUNDED), algebra.literal("-"));
    int open = algebra.concat(word, letters(0, RegexAlgebra.UNBOUNDED));
    int some = insides.of(algebra.intersect(open, algebra.repeat(RegexAlgebra.ANY, 20, 900)));
    assertEquals(
        some, insides.of(algebra.intersect(open, algebra.repeat(RegexAlgebra.ANY, 19, 800))));
  }

  @Test
  void everyLanguageThatIsRememberedTakesMemory() {
    int fewest = 300;
    insides.of(algebra.concat(letters(0, fewest), algebra.literal("-")));
    long before = insides.bytes();
    for (int count = fewest + 1; count <= fewest + 100; count++) {
      insides.of(algebra.concat(letters(0, count), algebra.literal("-")));
    }
    long more = insides.bytes() - before;
    assertTrue(more >= 100 * 64, () -> more + " bytes for 100 languages");
    assertTrue(more <= 100 * 400, () -> more + " bytes for 100 languages of one set");
  }
}
