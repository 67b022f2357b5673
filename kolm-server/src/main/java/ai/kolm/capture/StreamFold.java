package ai.kolm.capture;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes the answer of a stream what it would have been without streaming, so that records of both
 * look alike. Which interface it is shows in its events.
 */
final class StreamFold {
  private static final String DONE = "[DONE]";

  private StreamFold() {}

  /**
   * A folded stream.
   *
   * @param body the answer as a whole; absent if there was no event
   * @param complete whether the stream came to its end
   */
  record Folded(Optional<Json.Obj> body, boolean complete) {}

  /** Folds what was received of a stream. */
  static Folded fold(byte[] stream) throws FoldException {
    List<String> events = SseEvents.data(stream);
    ChatFold chat = new ChatFold();
    MessagesFold messages = new MessagesFold();
    Optional<Json.Obj> whole = Optional.empty();
    boolean done = false;
    for (String event : events) {
      if (event.equals(DONE)) {
        done = true;
        continue;
      }
      Json.Obj object = object(event);
      String type = text(object, "type");
      if (type.startsWith("response.")) {
        Optional<Json.Obj> last = terminal(object, type);
        whole = last.isPresent() ? last : whole;
        done = done || last.isPresent();
      } else if (object.members().containsKey("choices")) {
        chat.add(object);
      } else if (!type.isEmpty()) {
        done = messages.add(type, object) || done;
      } else if (object.members().containsKey("error")) {
        return new Folded(Optional.of(object), false);
      }
    }
    if (whole.isPresent()) {
      return new Folded(whole, done);
    }
    Optional<Json.Obj> body = chat.isEmpty() ? messages.body() : Optional.of(chat.body());
    return new Folded(body, done && !messages.failed());
  }

  private static Optional<Json.Obj> terminal(Json.Obj event, String type) {
    boolean last =
        type.equals("response.completed")
            || type.equals("response.incomplete")
            || type.equals("response.failed");
    return last && event.members().get("response") instanceof Json.Obj response
        ? Optional.of(response)
        : Optional.empty();
  }

  private static Json.Obj object(String event) throws FoldException {
    try {
      return JsonReader.readObject(event.getBytes(UTF_8), JsonLimits.DEFAULT).json();
    } catch (JsonException e) {
      throw new FoldException("an event is no JSON object");
    }
  }

  /** A text member, empty if there is none. */
  static String text(Json.Obj object, String name) {
    return object.members().get(name) instanceof Json.Str text ? text.value() : "";
  }

  /** A whole number, or {@code fallback}. */
  static int index(Json.Obj object, String name, int fallback) {
    return object.members().get(name) instanceof Json.Int number
            && number.value() >= 0
            && number.value() < 10_000
        ? (int) number.value()
        : fallback;
  }

  /** A copy of an object that can be changed. */
  static Map<String, Json> copy(Json.Obj object) {
    return new LinkedHashMap<>(object.members());
  }
}
