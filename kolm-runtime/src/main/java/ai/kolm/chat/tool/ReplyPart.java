package ai.kolm.chat.tool;

/** A piece of an answer, as {@link ReplyParser} reads it. */
public sealed interface ReplyPart {

  /** More of what the model thinks before it answers. */
  record Reasoning(String text) implements ReplyPart {}

  /** More of the answer's text. */
  record Text(String text) implements ReplyPart {}

  /**
   * A call begins; its arguments follow before anything else.
   *
   * @param index from 0
   * @param name of the function
   */
  record CallStart(int index, String name) implements ReplyPart {}

  /**
   * More of a call's arguments.
   *
   * @param index of the call
   * @param json a piece of their text, as the model wrote it
   */
  record Arguments(int index, String json) implements ReplyPart {}
}
