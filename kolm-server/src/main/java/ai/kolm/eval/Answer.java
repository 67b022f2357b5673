package ai.kolm.eval;

import ai.kolm.json.Json;
import java.util.List;

/**
 * What an endpoint said to a case.
 *
 * @param content the text; empty if there is none
 * @param toolCalls name and arguments of each call, in order
 * @param finish why it ended
 * @param usage tokens in, of these cached, and out
 * @param millis until the whole answer was there
 * @param error why there is no answer; empty if there is one
 * @param receipt the receipt; empty if there is none
 */
public record Answer(
    String content,
    List<Call> toolCalls,
    String finish,
    Usage usage,
    double millis,
    String error,
    String receipt) {
  /** Copies the calls. */
  public Answer {
    toolCalls = List.copyOf(toolCalls);
  }

  /** A call of a tool. */
  public record Call(String name, Json arguments) {}

  /** Tokens. */
  public record Usage(long in, long cached, long out) {
    /** None. */
    public static final Usage NONE = new Usage(0, 0, 0);
  }

  /** No answer. */
  public static Answer failed(String error, double millis) {
    return new Answer("", List.of(), "", Usage.NONE, millis, error, "");
  }

  /** Whether there is no whole answer: an error, a refusal, or one that was cut off. */
  public boolean isFailure() {
    return !error.isEmpty() || finish.equals("length") || finish.equals("content_filter");
  }
}
