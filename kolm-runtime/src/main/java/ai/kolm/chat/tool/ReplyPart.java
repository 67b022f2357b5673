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
   * @param name of the tool
   * @param custom whether the arguments are a text
   */
  record CallStart(int index, String name, boolean custom) implements ReplyPart {
    /** A call of a function, whose arguments are JSON. */
    public CallStart(int index, String name) {
      this(index, name, false);
    }
  }

  /**
   * More of a call's arguments.
   *
   * @param index of the call
   * @param text a piece of them: of their JSON, or of the text of a custom tool
   * @param custom whether they are a text
   */
  record Arguments(int index, String text, boolean custom) implements ReplyPart {
    /** More of the arguments of a function. */
    public Arguments(int index, String text) {
      this(index, text, false);
    }
  }
}
