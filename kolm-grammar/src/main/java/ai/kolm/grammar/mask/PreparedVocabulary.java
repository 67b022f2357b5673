package ai.kolm.grammar.mask;

import ai.kolm.grammar.vocabulary.TokenBytes;
import ai.kolm.tokenizer.Vocabulary;
import java.util.Set;

/** A vocabulary, and what is the same for all grammars over it. Immutable; shared by threads. */
public final class PreparedVocabulary {
  private final TokenBytes tokens;
  private final FreeStrings free;

  private PreparedVocabulary(TokenBytes tokens) {
    this.tokens = tokens;
    this.free = new FreeStrings(tokens);
  }

  /**
   * Prepares {@code vocabulary}.
   *
   * @param endTokens the tokens that end an answer
   */
  public static PreparedVocabulary of(Vocabulary vocabulary, Set<Integer> endTokens) {
    return new PreparedVocabulary(new TokenBytes(vocabulary, endTokens));
  }

  /** The tokens by what they write. */
  TokenBytes tokens() {
    return tokens;
  }

  /** What JSON strings that may be any text allow. */
  FreeStrings free() {
    return free;
  }
}
