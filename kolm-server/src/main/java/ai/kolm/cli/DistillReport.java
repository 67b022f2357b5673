package ai.kolm.cli;

import ai.kolm.cli.console.Console;
import ai.kolm.cli.console.Progress;
import ai.kolm.cli.pack.PackedModel;
import ai.kolm.distill.Dataset;
import ai.kolm.distill.Trial;
import ai.kolm.json.Json;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What a run has made, for people and for programs.
 *
 * @param packed the artifact
 * @param made what is in it
 */
record DistillReport(PackedModel packed, DistillPacking.Made made) {

  void print(Console console, boolean asJson) {
    if (asJson) {
      console.line(JsonLines.text(json()));
      return;
    }
    Trial best = made.choice().best();
    console.line(
        String.format(
            Locale.ROOT,
            "base    %s  dev %.3f [%.3f]%s",
            best.base(),
            best.score(),
            best.bound(),
            made.choice().reached() ? "" : "  below the target: the best there was"));
    console.line(
        String.format(
            Locale.ROOT,
            "holdout %.3f [%.3f]  %d cases, %s, reference = captured answers",
            made.holdout().score(),
            made.holdout().bound(),
            made.holdout().cases(),
            made.cases().type().scorer().id()));
    console.line(
        "wrote   %s  %s  %s  signed %s"
            .formatted(packed.file(), Progress.size(packed.bytes()), packed.cid(), packed.keyId()));
    console.line(
        "        not yet production ready: kolm eval %s --baseline PROVIDER:MODEL"
            .formatted(packed.file()));
  }

  Json.Obj json() {
    Dataset dataset = made.data().dataset();
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("file", new Json.Str(packed.file().toString()));
    json.put("bytes", new Json.Int(packed.bytes()));
    json.put("cid", new Json.Str(packed.cid().text()));
    json.put("signed_by", new Json.Str(packed.keyId()));
    json.put("dataset", new Json.Str(dataset.id()));
    json.put("records", new Json.Int(made.data().records()));
    json.put("train", new Json.Int(dataset.train().size()));
    json.put("dev", new Json.Int(dataset.dev().size()));
    json.put("holdout", new Json.Int(dataset.holdout().size()));
    json.put("base", new Json.Str(made.choice().best().base()));
    json.put("target_reached", new Json.Bool(made.choice().reached()));
    json.put(
        "candidates", new Json.Arr(made.choice().all().stream().<Json>map(Trial::json).toList()));
    json.put("scorer", new Json.Str(made.cases().type().scorer().id()));
    json.put("holdout_score", new Json.Real(made.holdout().score()));
    json.put("holdout_bound", new Json.Real(made.holdout().bound()));
    return new Json.Obj(json);
  }
}
