package ai.kolm.chat;

import ai.kolm.engine.Timings;
import ai.kolm.prompt.Message;
import java.util.List;

/**
 * The answers to a request.
 *
 * @param choices in order, as many as asked for
 * @param usage tokens counted
 * @param timings where the time went
 */
public record ChatResponse(List<Choice> choices, Usage usage, Timings timings) {

  /**
   * One answer.
   *
   * @param index from 0
   * @param message of the assistant
   * @param finishReason why it ended
   * @param logprobs of each of its tokens, if they were asked for, else empty; their bytes together
   *     are the UTF-8 of the message
   */
  public record Choice(
      int index, Message message, FinishReason finishReason, List<TokenLogprob> logprobs) {
    /** Copies the list. */
    public Choice {
      logprobs = List.copyOf(logprobs);
    }
  }

  /** Copies the list. */
  public ChatResponse {
    choices = List.copyOf(choices);
  }
}
