package ai.kolm.engine;

import ai.kolm.grammar.TokenMatcher;
import ai.kolm.tokenizer.Tokenizer;
import ai.kolm.tokenizer.Vocabulary;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The tokens of what a grammar forces. A text that has to come, such as the name of a property, can
 * be written in many ways as tokens; a model all but always chooses the tokenizer's own, so that is
 * taken without asking it. The last token is left to the model: what follows may have to be part of
 * it. ("Fast-forward tokens" of llguidance; Lundberg 2023, "token healing".)
 *
 * <p>For one thread at a time.
 */
final class ForcedTokens {
  /** Longer runs go in parts. */
  static final int MAX_TOKENS = 16;

  /** Tokens that an answer may be ahead of the model: up to here it goes on to be forced. */
  static final int MOST_AHEAD = 2 * MAX_TOKENS;

  private static final int[] NONE = {};
  private static final int MAX_BYTES = 96;

  private final Tokenizer tokenizer;
  private final Vocabulary vocabulary;

  ForcedTokens(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
    this.vocabulary = tokenizer.vocabulary();
  }

  /**
   * The tokens that are forced next, at most {@code max}; none if it is not worth while.
   *
   * @param before the last token, with which the text may have to be read together
   */
  int[] next(TokenMatcher matcher, int before, int max) {
    byte[] forced = matcher.forcedBytes(MAX_BYTES);
    if (forced.length < 2) {
      return NONE;
    }
    int[] tokens = encode(forced, before);
    int count = Math.min(Math.min(tokens.length - 1, MAX_TOKENS), max);
    return count < 1 ? NONE : Arrays.copyOf(tokens, count);
  }

  /** The text's tokens behind {@code before}, else alone; none if they do not spell it. */
  private int[] encode(byte[] forced, int before) {
    byte[] lead =
        vocabulary.kind(before) == Vocabulary.Kind.NORMAL ? vocabulary.bytes(before) : new byte[0];
    byte[] both = Arrays.copyOf(lead, lead.length + forced.length);
    System.arraycopy(forced, 0, both, lead.length, forced.length);
    int[] joined = encode(both);
    if (lead.length > 0 && joined.length > 1 && joined[0] == before) {
      return Arrays.copyOfRange(joined, 1, joined.length);
    }
    return encode(forced);
  }

  private int[] encode(byte[] bytes) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      return NONE; // control tokens, or part of a character
    }
    int[] tokens = tokenizer.encode(text, Tokenizer.SpecialTokens.LITERAL);
    int at = 0;
    for (int token : tokens) {
      byte[] own = vocabulary.bytes(token);
      if (!Arrays.equals(own, 0, own.length, bytes, at, Math.min(bytes.length, at + own.length))) {
        return NONE; // such as a space in front that SentencePiece adds
      }
      at += own.length;
    }
    return at == bytes.length ? tokens : NONE;
  }
}
