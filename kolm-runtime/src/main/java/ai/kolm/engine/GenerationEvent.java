package ai.kolm.engine;

import ai.kolm.sampling.TokenScores;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link TokenStream} delivers, in this order: the scored tokens of the prompt; for each
 * continuation pieces, then its end, continuations mixed; at last the account.
 */
public sealed interface GenerationEvent {

  /**
   * A token of the prompt, where its scores were asked for.
   *
   * @param position in the prompt, from 1: the first token follows nothing, so it has no score
   * @param id the token
   * @param scores how likely it was after the tokens before it
   */
  record PromptToken(int position, int id, TokenScores scores) implements GenerationEvent {}

  /**
   * More of a continuation. Text is released when its characters are whole and cannot become part
   * of a stop string; a token is released when all of its text is.
   *
   * @param choice which continuation, from 0
   * @param text what follows the text of the piece before; may be empty
   * @param tokens the tokens whose text is now complete; may be empty
   */
  record Piece(int choice, String text, List<GeneratedToken> tokens) implements GenerationEvent {
    /** Copies the list. */
    public Piece {
      tokens = List.copyOf(tokens);
    }
  }

  /**
   * A token of a continuation.
   *
   * @param id the token
   * @param bytes what it adds to the text, in UTF-8: part of a character perhaps, empty for a
   *     control token, less than the token stands for where a stop string cut it
   * @param scores where they were asked for
   */
  record GeneratedToken(int id, byte[] bytes, @Nullable TokenScores scores) {}

  /** A continuation ended. */
  record Finished(int choice, EndReason reason) implements GenerationEvent {}

  /**
   * The last event.
   *
   * @param promptTokens tokens of the prompt
   * @param cachedTokens of those, how many the first continuation that ran did not have to compute
   * @param generatedTokens tokens chosen, all continuations together, end tokens included
   * @param timings where the time went
   */
  record Done(int promptTokens, int cachedTokens, int generatedTokens, Timings timings)
      implements GenerationEvent {}
}
