package ai.kolm.chat;

import ai.kolm.engine.Timings;
import java.util.List;

/**
 * What a {@link ChatStream} delivers: the start of every choice, in order; then for each choice
 * texts, calls and its end, choices mixed; at last the account.
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

  /**
   * More of what the model thinks before it answers.
   *
   * @param choice which answer, from 0
   * @param text whole characters; not part of the answer
   */
  record Reasoning(int choice, String text) implements ChatChunk {}

  /**
   * A call begins. Its arguments follow before the next call of the same answer begins.
   *
   * @param choice which answer, from 0
   * @param index of the call in the answer, from 0
   * @param id names it
   * @param name of the tool
   * @param custom whether it is a custom tool, whose arguments are a text
   */
  record ToolCallStart(int choice, int index, String id, String name, boolean custom)
      implements ChatChunk {
    /** A call of a function. */
    public ToolCallStart(int choice, int index, String id, String name) {
      this(choice, index, id, name, false);
    }
  }

  /**
   * More of a call's arguments.
   *
   * @param choice which answer, from 0
   * @param index of the call
   * @param text a piece of them: of their JSON, or of the text of a custom tool
   * @param custom whether it is a custom tool
   */
  record ToolCallArguments(int choice, int index, String text, boolean custom)
      implements ChatChunk {}

  /** An answer is complete. */
  record End(int choice, FinishReason reason) implements ChatChunk {}

  /** All answers are complete. */
  record Done(Usage usage, Timings timings) implements ChatChunk {}
}
