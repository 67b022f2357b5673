package ai.kolm.distill;

import ai.kolm.eval.Stratum;
import ai.kolm.json.CanonicalJson;
import ai.kolm.json.Json;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A conversation to learn from: the messages, and the answer that was captured. Immutable.
 *
 * @param id the record it comes from
 * @param time when, in milliseconds since 1970
 * @param messages what was asked
 * @param tools what could be called
 * @param format the form that the answer had to have
 * @param answer the assistant's message
 * @param learned which of the messages are answers that were captured in the same conversation, and
 *     are learned too; the others are context
 */
public record Example(
    String id,
    long time,
    List<Json> messages,
    Optional<Json> tools,
    Optional<Json> format,
    Json.Obj answer,
    List<Integer> learned) {
  /** Copies the lists. */
  public Example {
    messages = List.copyOf(messages);
    learned = List.copyOf(learned);
  }

  /** The same, with other turns to learn. */
  Example withLearned(List<Integer> turns) {
    return new Example(id, time, messages, tools, format, answer, turns);
  }

  /** What of a message decides whether two are the same. */
  static byte[] canonical(Json message) {
    Map<String, Json> kept = new LinkedHashMap<>();
    if (message instanceof Json.Obj object) {
      for (String name : List.of("role", "content", "tool_calls", "tool_call_id", "name")) {
        Json member = object.members().get(name);
        if (member != null && !(member instanceof Json.Null)) {
          kept.put(name, member);
        }
      }
    }
    return CanonicalJson.write(new Json.Obj(kept));
  }

  /** All text of the conversation, for comparing. */
  String text() {
    StringBuilder text = new StringBuilder(text(messages));
    append(answer, text);
    return text.toString();
  }

  /** All text of some messages. */
  static String text(List<Json> messages) {
    StringBuilder text = new StringBuilder();
    messages.forEach(message -> append(message, text));
    return text.toString();
  }

  private static void append(Json value, StringBuilder to) {
    switch (value) {
      case Json.Obj object -> object.members().values().forEach(member -> append(member, to));
      case Json.Arr array -> array.items().forEach(item -> append(item, to));
      case Json.Str string -> to.append(string.value()).append(' ');
      case Json.Int _, Json.Real _, Json.Bool _, Json.Null _ -> {}
    }
  }

  /** What the user said first. */
  Json firstUserMessage() {
    for (Json message : messages) {
      if (message instanceof Json.Obj object
          && object.members().get("role") instanceof Json.Str role
          && role.value().equals("user")) {
        return message;
      }
    }
    return messages.getFirst();
  }

  /** Of what kind the request is. */
  String stratum() {
    boolean calls =
        answer.members().get("tool_calls") instanceof Json.Arr list && !list.items().isEmpty();
    String text =
        answer.members().get("content") instanceof Json.Str content ? content.value() : "";
    return Stratum.of(messages, tools.isPresent(), calls, text);
  }

  /** As a line of a part of a data set. */
  Json.Obj json() {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("id", new Json.Str(id));
    json.put("messages", new Json.Arr(messages));
    tools.ifPresent(value -> json.put("tools", value));
    format.ifPresent(value -> json.put("response_format", value));
    json.put("answer", answer);
    json.put(
        "learned", new Json.Arr(learned.stream().<Json>map(turn -> new Json.Int(turn)).toList()));
    return new Json.Obj(json);
  }
}
