package ai.kolm.distill;

import ai.kolm.artifact.Artifact;
import ai.kolm.json.Json;
import ai.kolm.json.JsonException;
import ai.kolm.json.JsonLimits;
import ai.kolm.json.JsonObject;
import ai.kolm.json.JsonReader;
import ai.kolm.training.OptimizerSettings;
import ai.kolm.training.TrainingPlan;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * How weights were made, for the artifact: digests, counts and numbers; no text, no path, no host.
 */
public final class Provenance {
  private static final String SMALL = "small";
  private static final String TRAFFIC = "traffic";
  private static final int MAX_POINTS = 500;

  private final Map<String, Json> json = new LinkedHashMap<>();

  /** Of what {@code kolm distill} makes. */
  public Provenance() {
    json.put("v", new Json.Int(1));
    json.put("method", new Json.Str("lora"));
  }

  /** What was learned from. */
  public Provenance data(CapturedData data, long seed) {
    json.put("records", new Json.Int(data.records()));
    json.put("dataset", data.dataset().summary(seed));
    json.put(SMALL, new Json.Bool(data.dataset().missing() > 0));
    Map<String, Json> traffic = new LinkedHashMap<>();
    data.traffic().forEach((stratum, count) -> traffic.put(stratum, new Json.Int(count)));
    json.put(TRAFFIC, new Json.Obj(traffic));
    json.put("anonymizer", texts(data.profiles()));
    return this;
  }

  /** Which bases were tried, and the decision. */
  public Provenance choice(BaseLadder.Choice choice, double target) {
    json.put("candidates", new Json.Arr(choice.all().stream().<Json>map(Trial::decisive).toList()));
    json.put("target", new Json.Real(target));
    json.put("target_reached", new Json.Bool(choice.reached()));
    return this;
  }

  /** The base that was taken. */
  public Provenance base(String name, String cid, String licence) {
    Map<String, Json> base = new LinkedHashMap<>();
    base.put("name", new Json.Str(name));
    base.put("cid", new Json.Str(cid));
    base.put("license", new Json.Str(licence));
    json.put("base", new Json.Obj(base));
    return this;
  }

  /** How it was trained. */
  public Provenance plan(TrainingPlan plan) {
    OptimizerSettings optimizer = plan.optimizer();
    Map<String, Json> training = new LinkedHashMap<>();
    training.put("rank", new Json.Int(plan.lora().rank()));
    training.put("alpha", new Json.Real(plan.lora().alpha()));
    training.put(
        "modules",
        texts(plan.lora().modules().stream().map(module -> module.targetName()).toList()));
    training.put("optimizer", new Json.Str("adamw"));
    training.put("rate", new Json.Real(optimizer.rate()));
    training.put("warm_up", new Json.Real(optimizer.warmUp()));
    training.put("floor", new Json.Real(optimizer.floor()));
    training.put("beta1", new Json.Real(optimizer.beta1()));
    training.put("beta2", new Json.Real(optimizer.beta2()));
    training.put("epsilon", new Json.Real(optimizer.epsilon()));
    training.put("weight_decay", new Json.Real(optimizer.weightDecay()));
    training.put("clip", new Json.Real(optimizer.clip()));
    training.put("tokens_per_step", new Json.Int(plan.tokensPerStep()));
    training.put("max_length", new Json.Int(plan.maxLength()));
    training.put("epochs", new Json.Int(plan.epochs()));
    training.put("patience", new Json.Int(plan.patience()));
    training.put("seed", new Json.Int(plan.seed()));
    json.put("training", new Json.Obj(training));
    return this;
  }

  /**
   * The curve of losses: step, loss, and that of dev where it was looked at.
   *
   * @param log {@code loss.csv}
   */
  public Provenance losses(Path log) throws IOException {
    List<Json> points = new ArrayList<>();
    List<String> lines = Files.readAllLines(log);
    int stride = Math.max(1, lines.size() / MAX_POINTS);
    for (int i = 1; i < lines.size(); i++) {
      List<String> fields = Arrays.asList(lines.get(i).split(",", -1));
      boolean dev = !fields.get(3).isEmpty();
      if (dev || i % stride == 0 || i == lines.size() - 1) {
        List<Json> point = new ArrayList<>();
        point.add(new Json.Int(Long.parseLong(fields.get(0))));
        point.add(new Json.Real(Double.parseDouble(fields.get(2))));
        if (dev) {
          point.add(new Json.Real(Double.parseDouble(fields.get(3))));
        }
        points.add(new Json.Arr(point));
      }
    }
    json.put("losses", new Json.Arr(points));
    return this;
  }

  /**
   * What it says to the holdout, compared with the captured answers.
   *
   * @param scorer by which
   */
  public Provenance holdout(String scorer, int cases, double score, double bound) {
    Map<String, Json> holdout = new LinkedHashMap<>();
    holdout.put("scorer", new Json.Str(scorer));
    holdout.put("cases", new Json.Int(cases));
    holdout.put("score", new Json.Real(score));
    holdout.put("bound", new Json.Real(bound));
    holdout.put("reference", new Json.Str("captured answers"));
    json.put("holdout", new Json.Obj(holdout));
    return this;
  }

  /** Whether the adapter was added to the weights. */
  public Provenance merged(boolean merged) {
    json.put("merged", new Json.Bool(merged));
    return this;
  }

  private static Json texts(Iterable<String> values) {
    List<Json> texts = new ArrayList<>();
    values.forEach(value -> texts.add(new Json.Str(value)));
    return new Json.Arr(texts);
  }

  /**
   * Whether an artifact says that it was made of too few captures: it can never become production
   * ready, whatever it is measured with.
   */
  public static boolean isSmall(Artifact artifact) {
    try {
      Optional<JsonObject> provenance = read(artifact);
      return provenance.isPresent() && provenance.get().bool(SMALL, false);
    } catch (JsonException e) {
      return false; // of another maker: its form is its own
    }
  }

  /** How many captured requests of each stratum an artifact was made of; empty: none. */
  public static Map<String, Long> traffic(Artifact artifact) {
    Map<String, Long> traffic = new TreeMap<>();
    try {
      Optional<JsonObject> provenance = read(artifact);
      if (provenance.isPresent() && provenance.get().find(TRAFFIC).isPresent()) {
        JsonObject strata = provenance.get().object(TRAFFIC);
        for (String stratum : strata.json().members().keySet()) {
          traffic.put(stratum, Math.max(1, strata.integer(stratum)));
        }
      }
      return traffic;
    } catch (JsonException e) {
      return Map.of();
    }
  }

  private static Optional<JsonObject> read(Artifact artifact) throws JsonException {
    Optional<String> entry = artifact.manifest().provenance();
    if (entry.isEmpty()) {
      return Optional.empty();
    }
    byte[] text = artifact.entry(entry.get()).toArray(ValueLayout.JAVA_BYTE);
    return Optional.of(JsonReader.readObject(text, JsonLimits.DEFAULT));
  }

  /** All of it. */
  public Json.Obj json() {
    return new Json.Obj(json);
  }
}
