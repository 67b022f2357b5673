package ai.kolm.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Answers made by chance from the masks alone: every token is drawn from those allowed. After a
 * while tokens that end something are preferred, so that a walk comes to its end.
 */
final class RandomWalk {
  private static final int PATIENCE = 40;

  private final TestVocabulary vocabulary;
  private final Random random;
  private final TokenMask mask;

  RandomWalk(TestVocabulary vocabulary, Random random) {
    this.vocabulary = vocabulary;
    this.random = random;
    this.mask = new TokenMask(vocabulary.size());
  }

  /** The tokens of an answer; null if it has not ended after {@code max} tokens. */
  @Nullable List<Integer> from(Grammar grammar, int max) {
    TokenMatcher matcher = grammar.matcher();
    List<Integer> ids = new ArrayList<>();
    while (ids.size() < max) {
      matcher.fill(mask);
      int token = pick(ids.size());
      if (token < 0) {
        throw new AssertionError(
            "dead end after " + new String(vocabulary.text(ids), StandardCharsets.UTF_8));
      }
      matcher.accept(token);
      if (vocabulary.endTokens().contains(token)) {
        return ids;
      }
      ids.add(token);
    }
    return null;
  }

  private int pick(int length) {
    if (length > PATIENCE || random.nextInt(3) == 0) {
      for (int end : vocabulary.endTokens()) {
        if (mask.allows(end)) {
          return end;
        }
      }
      for (char closer : closers()) {
        if (length > PATIENCE && mask.allows(closer) && random.nextInt(4) > 0) {
          return closer;
        }
      }
    }
    int from = random.nextInt(vocabulary.size());
    int next = mask.next(from);
    return next >= 0 ? next : mask.next(0);
  }

  private static char[] closers() {
    return new char[] {'}', ']', '"', ':', '0', 'l', 'e'};
  }
}
