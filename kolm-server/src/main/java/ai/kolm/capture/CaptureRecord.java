package ai.kolm.capture;

import ai.kolm.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is kept of one exchange: JSON, with surrogates for what identified people. Immutable.
 *
 * @param json its fields, as docs/capture.md lists them
 */
public record CaptureRecord(Json.Obj json) {
  /** What is known of an exchange. */
  public enum State {
    /** The answer is there to its end. */
    COMPLETE,
    /** It broke off, or the client left. */
    INCOMPLETE,
    /** The provider refused. */
    ERROR,
    /** It was too large to be kept. */
    TRUNCATED
  }

  /** Its name. */
  public String id() {
    return text("id");
  }

  /** A field that is a text; empty if there is none. */
  public String text(String name) {
    return StreamFold.text(json, name);
  }

  /** When it began, in milliseconds since 1970. */
  public long time() {
    return json.members().get("t") instanceof Json.Int time ? time.value() : 0;
  }

  /** What is known of it, in small letters. */
  public String state() {
    return text("state");
  }

  /** The status of HTTP; 0 if there was no answer. */
  public int status() {
    return StreamFold.index(json, "status", 0);
  }

  /** The body of the request, if it was kept and is an object. */
  public Optional<Json.Obj> request() {
    return object("request");
  }

  /** The body of the answer, if it was kept and is an object. */
  public Optional<Json.Obj> response() {
    return object("response");
  }

  private Optional<Json.Obj> object(String name) {
    return json.members().get(name) instanceof Json.Obj object
        ? Optional.of(object)
        : Optional.empty();
  }

  /** How many values of each class were replaced. */
  public Map<String, Json> replaced() {
    return object("anon")
        .map(anon -> anon.members().get("counts"))
        .map(
            counts -> counts instanceof Json.Obj object ? object.members() : Map.<String, Json>of())
        .orElse(Map.of());
  }

  /** Whether the text could not be processed, and was not kept. */
  public boolean blocked() {
    return object("anon").map(anon -> anon.members().containsKey("blocked")).orElse(false);
  }

  /** The messages of the request; empty if it has none. */
  public List<Json> messages() {
    return request()
        .map(body -> body.members().get("messages"))
        .map(messages -> messages instanceof Json.Arr list ? list.items() : List.<Json>of())
        .orElse(List.of());
  }
}
