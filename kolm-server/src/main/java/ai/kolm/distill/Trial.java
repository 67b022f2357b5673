package ai.kolm.distill;

import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A base that was trained and measured on dev.
 *
 * @param base its name
 * @param phase how much it was trained
 * @param score mean agreement with the captured answers, 0 to 1
 * @param bound the lower bound of that
 * @param seconds that training and measuring took
 * @param bytes of the base
 */
public record Trial(
    String base, Phase phase, double score, double bound, double seconds, long bytes) {
  /** How much a base is trained. */
  public enum Phase {
    /** One epoch over a part of the examples. */
    PROBE,
    /** All of the plan. */
    FULL;

    /** The name in files. */
    public String id() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A probe that was as much as a full training; it took no time again. */
  public Trial asFull() {
    return new Trial(base, Phase.FULL, score, bound, 0, bytes);
  }

  /** For files of the run, with how long it took. */
  public Json.Obj json() {
    Map<String, Json> json = new LinkedHashMap<>(decisive().members());
    json.put("seconds", new Json.Real(seconds));
    return new Json.Obj(json);
  }

  /** For the artifact: what is the same however often training was interrupted. */
  Json.Obj decisive() {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("base", new Json.Str(base));
    json.put("phase", new Json.Str(phase.id()));
    json.put("dev_score", new Json.Real(score));
    json.put("dev_bound", new Json.Real(bound));
    json.put("bytes", new Json.Int(bytes));
    return new Json.Obj(json);
  }

  /** Reads what {@link #json} wrote. */
  static Trial read(JsonObject json) throws JsonException {
    return new Trial(
        json.string("base"),
        json.string("phase").equals(Phase.PROBE.id()) ? Phase.PROBE : Phase.FULL,
        json.findNumber("dev_score").orElse(0),
        json.findNumber("dev_bound").orElse(0),
        json.findNumber("seconds").orElse(0),
        json.integer("bytes"));
  }
}
