package ai.kolm.chat;

import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Tokenizer.SpecialTokens;
import java.util.Objects;

/**
 * A text to continue.
 *
 * @param ids its tokens, at least one; not to be changed afterwards
 * @param added how many of them the caller did not write: the first one of the model, where it has
 *     one
 * @param text what an echo of it says
 */
public record TextPrompt(int[] ids, int added, String text) {

  /**
   * @throws IllegalArgumentException if there is no token
   */
  public TextPrompt {
    Objects.requireNonNull(text);
    if (ids.length == 0 || added < 0 || added > ids.length) {
      throw new IllegalArgumentException(
          "a prompt of %d tokens, %d of them added".formatted(ids.length, added));
    }
  }

  /**
   * Text as it stands. The names of special tokens in it are these tokens: who writes a raw prompt
   * writes the marks of its parts too. An empty text is the token that a text starts with.
   */
  static TextPrompt of(Tokenizer tokenizer, String text) {
    int[] plain = tokenizer.encode(text, SpecialTokens.PARSE);
    int[] ids = tokenizer.vocabulary().withBos(plain);
    if (ids.length == 0) {
      ids = new int[] {start(tokenizer)};
    }
    return new TextPrompt(ids, ids.length - plain.length, text);
  }

  /** Tokens as they stand; none is added. */
  static TextPrompt of(Tokenizer tokenizer, int[] ids) {
    return new TextPrompt(ids, 0, tokenizer.decode(ids));
  }

  /** What a model without a first token sees between two texts. */
  private static int start(Tokenizer tokenizer) {
    return tokenizer
        .vocabulary()
        .bos()
        .orElseGet(
            () -> tokenizer.vocabulary().endTokens().stream().min(Integer::compare).orElse(0));
  }
}
