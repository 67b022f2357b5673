package ai.kolm.eval;

import ai.kolm.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** What an evaluation says: as lines for a terminal, and as JSON with all that went in. */
public final class EvalReport {
  private EvalReport() {}

  /** For people. */
  public static List<String> lines(Evaluation e) {
    Evaluation.Numbers n = e.numbers();
    List<String> lines = new ArrayList<>();
    lines.add(
        "%,d cases, %,d clusters, type %s -> %s%s"
            .formatted(
                e.cases().cases().size(),
                e.cases().clusters(),
                e.type().name(),
                e.type().scorer().id(),
                e.type().weak() ? " (weak)" : ""));
    lines.add(
        "                 A              p50      p95    USD/1k   S     L     C     V      K");
    lines.add(side("local", e.local(), n.localAccuracy(), n.localBound(), n.localScore()));
    if (e.baseline().isEmpty()) {
      lines.add(
          String.format(
              Locale.ROOT, "accuracy bound %.4f: %s", n.localBound(), n.verdict().name()));
      return lines;
    }
    Side baseline = e.baseline().get();
    lines.add(
        side("baseline", baseline, n.baselineAccuracy(), n.baselineBound(), n.baselineScore()));
    lines.add(
        String.format(
            Locale.ROOT,
            "difference   %+.3f [%+.3f]  differing %d (worse %d, better %d); %d cases would give 80"
                + " %% power",
            n.difference(),
            n.differenceBound(),
            n.worse() + n.better(),
            n.worse(),
            n.better(),
            n.neededCases()));
    n.rules()
        .forEach(
            rule ->
                lines.add(
                    "%s %-4s %s"
                        .formatted(rule.id(), rule.holds() ? "ok" : "FAIL", rule.detail())));
    if (e.refersToBaseline()) {
      lines.add("reference = the baseline's earlier answers, for cases of source capture");
    }
    lines.add(n.verdict().name());
    return lines;
  }

  private static String side(String name, Side side, double a, double bound, KScore k) {
    return String.format(
        Locale.ROOT,
        "%-9s  %6.3f [%.3f]  %6.0f ms %6.0f ms  %7.4f  %.2f  %.2f  %.2f  %.2f  %.4f",
        name,
        a,
        bound,
        side.percentile(0.5),
        side.percentile(0.95),
        side.usdPer1000(),
        k.s(),
        k.l(),
        k.c(),
        k.v(),
        k.k());
  }

  /** For programs: with the scores of each case, every number can be worked out again. */
  public static Json.Obj json(Evaluation e, Map<String, Json> about) {
    Evaluation.Numbers n = e.numbers();
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("v", new Json.Int(1));
    json.put("formula", new Json.Str("kolm-k/1"));
    json.putAll(about);
    json.put("evals_digest", new Json.Str(e.cases().digest()));
    json.put("n", new Json.Int(e.cases().cases().size()));
    json.put("clusters", new Json.Int(e.cases().clusters()));
    json.put("type", new Json.Str(e.type().name()));
    json.put("scorer", new Json.Str(e.type().scorer().id()));
    json.put("local", side(e.local(), n.localAccuracy(), n.localBound(), n.localScore()));
    Optional<Side> baseline = e.baseline();
    baseline.ifPresent(
        side -> {
          json.put(
              "baseline", side(side, n.baselineAccuracy(), n.baselineBound(), n.baselineScore()));
          json.put("difference", number(n.difference()));
          json.put("difference_bound", number(n.differenceBound()));
          json.put("budgets", budgets(n.budgets()));
          json.put("needed_cases", new Json.Int(n.neededCases()));
        });
    json.put("given", given(e));
    json.put("rules", new Json.Arr(n.rules().stream().map(EvalReport::rule).toList()));
    json.put("verdict", new Json.Str(n.verdict().name().toLowerCase(Locale.ROOT)));
    json.put("cases", cases(e));
    return new Json.Obj(json);
  }

  private static Json number(double value) {
    return new Json.Real(value);
  }

  private static Json rule(Gate.Rule rule) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("id", new Json.Str(rule.id()));
    json.put("holds", new Json.Bool(rule.holds()));
    json.put("detail", new Json.Str(rule.detail()));
    return new Json.Obj(json);
  }

  /** What the gate and K need besides the answers. */
  private static Json given(Evaluation e) {
    Evaluation.Given given = e.given();
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("bytes", number(given.bytes()));
    json.put("receipt_faults", new Json.Int(given.receiptFaults()));
    given.leaks().ifPresent(leaks -> json.put("leaks", new Json.Int(leaks)));
    Map<String, Json> strata = new LinkedHashMap<>();
    given.traffic().strata().forEach((stratum, count) -> strata.put(stratum, new Json.Int(count)));
    json.put("traffic", new Json.Obj(strata));
    json.put("declared_tags", texts(given.traffic().tags()));
    json.put("margin", number(given.gate().margin()));
    json.put("min_accuracy", number(given.gate().minAccuracy()));
    json.put("gate", number(given.gate().gate()));
    json.put("budget_bytes", number(given.budgetBytes()));
    json.put("budget_ms", number(given.budgetMillis()));
    json.put("budget_usd", number(given.budgetUsd()));
    return new Json.Obj(json);
  }

  private static Json budgets(KScore.Budgets budgets) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("size_bytes", number(budgets.bytes()));
    json.put("latency_p95_ms", number(budgets.millis()));
    json.put("usd_per_1000", number(budgets.usd()));
    return new Json.Obj(json);
  }

  private static Json side(Side side, double accuracy, double bound, KScore k) {
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("name", new Json.Str(side.name()));
    json.put("accuracy", number(accuracy));
    json.put("accuracy_bound", number(bound));
    json.put("p50_ms", number(side.percentile(0.5)));
    json.put("p95_ms", number(side.percentile(0.95)));
    json.put("usd_per_1000", number(side.usdPer1000()));
    json.put("failures", number(side.failures()));
    json.put("s", number(k.s()));
    json.put("l", number(k.l()));
    json.put("c", number(k.c()));
    json.put("coverage", number(k.v()));
    json.put("k", number(k.k()));
    return new Json.Obj(json);
  }

  private static Json cases(Evaluation e) {
    List<Json> list = new ArrayList<>();
    for (int i = 0; i < e.cases().cases().size(); i++) {
      EvalCase one = e.cases().cases().get(i);
      Map<String, Json> json = new LinkedHashMap<>();
      json.put("id", new Json.Str(one.id()));
      json.put("cluster", new Json.Str(one.cluster()));
      json.put("weight", number(one.weight()));
      json.put("tags", texts(one.tags()));
      json.put("stratum", new Json.Str(Stratum.of(one)));
      answer(json, "local", e.local(), i);
      if (e.baseline().isPresent()) {
        answer(json, "baseline", e.baseline().get(), i);
      }
      list.add(new Json.Obj(json));
    }
    return new Json.Arr(list);
  }

  private static Json texts(List<String> texts) {
    return new Json.Arr(texts.stream().<Json>map(Json.Str::new).toList());
  }

  private static void answer(Map<String, Json> json, String name, Side side, int i) {
    Answer answer = side.answers().get(i);
    json.put(name, number(side.scores()[i]));
    json.put(name + "_ms", number(answer.millis()));
    json.put(name + "_error", new Json.Str(answer.error()));
    json.put(name + "_failed", new Json.Bool(answer.isFailure()));
    Answer.Usage usage = answer.usage();
    json.put(
        name + "_usage",
        new Json.Arr(
            List.of(
                new Json.Int(usage.in()),
                new Json.Int(usage.cached()),
                new Json.Int(usage.out()))));
  }

  /** What was answered to each case, as JSON lines: for people who want to know why. */
  public static List<Json> answers(Evaluation e) {
    List<Json> lines = new ArrayList<>();
    for (int i = 0; i < e.cases().cases().size(); i++) {
      EvalCase one = e.cases().cases().get(i);
      Map<String, Json> json = new LinkedHashMap<>();
      json.put("id", new Json.Str(one.id()));
      json.put("expected", one.expected());
      json.put("local", said(e.local(), i));
      if (e.baseline().isPresent()) {
        json.put("baseline", said(e.baseline().get(), i));
      }
      lines.add(new Json.Obj(json));
    }
    return lines;
  }

  private static Json said(Side side, int i) {
    Answer answer = side.answers().get(i);
    Map<String, Json> json = new LinkedHashMap<>();
    json.put("content", new Json.Str(answer.content()));
    if (!answer.toolCalls().isEmpty()) {
      List<Json> calls = new ArrayList<>();
      for (Answer.Call call : answer.toolCalls()) {
        Map<String, Json> one = new LinkedHashMap<>();
        one.put("name", new Json.Str(call.name()));
        one.put("arguments", call.arguments());
        calls.add(new Json.Obj(one));
      }
      json.put("tool_calls", new Json.Arr(calls));
    }
    json.put("finish", new Json.Str(answer.finish()));
    json.put("error", new Json.Str(answer.error()));
    json.put("score", number(side.scores()[i]));
    json.put("receipt", new Json.Str(answer.receipt()));
    return new Json.Obj(json);
  }
}
