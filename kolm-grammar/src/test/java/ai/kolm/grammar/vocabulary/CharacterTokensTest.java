package ai.kolm.grammar.vocabulary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.kolm.grammar.TestVocabulary;
import ai.kolm.grammar.regex.Characters;
import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sets of tokens by characters, beside tokens read one by one. */
class CharacterTokensTest {
  private static final int SETS = 300;

  private final TestVocabulary vocabulary = TestVocabulary.json();
  private final TokenBytes tokens = new TokenBytes(vocabulary, vocabulary.endTokens());

  @Test
  void tokensOfSomeCharacters() {
    Random random = new Random(11);
    int found = 0;
    for (int i = 0; i < SETS; i++) {
      Characters first = characters(random);
      Characters then = characters(random);
      long[] mask = new long[tokens.words()];
      tokens.characters().add(first, then, mask);
      BitSet read = read(first, then);
      assertEquals(read, BitSet.valueOf(mask), () -> first + " then " + then);
      found += read.cardinality();
    }
    assertTrue(found > SETS, () -> "the sets take next to nothing");
  }

  private static Characters characters(Random random) {
    long dense = random.nextBoolean() ? -1 : 0;
    return new Characters(
        random.nextLong() | (random.nextLong() & dense),
        random.nextLong() | (random.nextLong() & dense),
        random.nextLong());
  }

  private BitSet read(Characters first, Characters then) {
    BitSet read = new BitSet();
    for (int key = 0; key < tokens.safe().size(); key++) {
      int token = tokens.safe().first(key);
      String text = new String(tokens.bytes(token), UTF_8);
      boolean in = has(first, text.codePointAt(0));
      in &= text.codePoints().skip(1).allMatch(c -> has(then, c));
      for (int id = 0; in && id < tokens.size(); id++) {
        read.set(id, read.get(id) || text.equals(new String(tokens.bytes(id), UTF_8)));
      }
    }
    return read;
  }

  private static boolean has(Characters characters, int codePoint) {
    return characters.has(Character.toString(codePoint).getBytes(UTF_8)[0] & 0xFF);
  }
}
