package ai.kolm.chat;

import ai.kolm.engine.Timings;
import java.util.List;

/**
 * What a {@link ChatStream} delivers: the start of every choice, in order; then for each choice
 * texts and its end, choices mixed; at last the account.
 */
public sealed interface ChatChunk {

  /** An answer of the assistant starts; known before the prompt has been read. */
  record Start(int choice) implements ChatChunk {}

  /**
   * More of an answer.
   *
   * @param choice which answer, from 0
   * @param text whole characters; empty only if there are log-probabilities
   * @param logprobs if asked for, of exactly the tokens whose text is now complete
   */
  record Text(int choice, String text, List<TokenLogprob> logprobs) implements ChatChunk {
    /** Copies the list. */
    public Text {
      logprobs = List.copyOf(logprobs);
    }
  }

  /** An answer is complete. */
  record End(int choice, FinishReason reason) implements ChatChunk {}

  /** All answers are complete. */
  record Done(Usage usage, Timings timings) implements ChatChunk {}
}
