package ai.kolm.grammar.mask;

import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.tokenizer.Vocabulary;
import java.util.Set;

/**
 * A vocabulary, and what is the same for all grammars over it. Immutable; shared by threads.
 *
 * @param tokens by what they write
 * @param free what a JSON string that may be any text allows
 */
public record PreparedVocabulary(TokenBytes tokens, StringTokens free) {
  /**
   * Prepares {@code vocabulary}.
   *
   * @param endTokens the tokens that end an answer
   */
  public static PreparedVocabulary of(Vocabulary vocabulary, Set<Integer> endTokens) {
    TokenBytes tokens = new TokenBytes(vocabulary, endTokens);
    return new PreparedVocabulary(tokens, StringTokens.free(tokens));
  }
}
