package ai.kolm.sampling;

import ai.kolm.grammar.TokenMask;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;

/** The definition of {@link SamplingParams} written down as plainly as possible, and slowly. */
final class ReferenceSampling {
  private ReferenceSampling() {}

  static int next(
      SamplingParams params,
      float[] row,
      TokenMask mask,
      List<Integer> prompt,
      List<Integer> answer,
      double uniform) {
    TreeMap<Integer, Float> logits = new TreeMap<>();
    for (int id = 0; id < row.length; id++) {
      if (mask.allows(id)) {
        logits.put(id, changed(params, row[id], id, prompt, answer));
      }
    }
    if (params.temperature() == 0) {
      return ranked(logits, logits::get).getFirst();
    }
    float highest = logits.values().stream().max(Float::compare).orElseThrow();
    logits.replaceAll((id, logit) -> (logit - highest) / params.temperature());
    if (params.topK() > 0) {
      List<Integer> best = ranked(logits, logits::get);
      logits.keySet().retainAll(best.subList(0, Math.min(params.topK(), best.size())));
    }
    if (params.typicalP() < 1) {
      logits.keySet().retainAll(typical(logits, params.typicalP()));
    }
    if (params.topP() < 1) {
      logits.keySet().retainAll(shortest(ranked(logits, logits::get), logits, params.topP()));
    }
    Map<Integer, Double> p = probabilities(logits);
    double most = p.values().stream().max(Double::compare).orElseThrow();
    logits.keySet().removeIf(id -> p.getOrDefault(id, 0.0) < params.minP() * most);
    return draw(logits, uniform);
  }

  private static float changed(
      SamplingParams params, float logit, int id, List<Integer> prompt, List<Integer> answer) {
    float result = logit + params.logitBias().getOrDefault(id, 0f);
    if (prompt.contains(id) || answer.contains(id)) {
      float penalty = params.repetitionPenalty();
      result = result > 0 ? result / penalty : result * penalty;
    }
    int count = (int) answer.stream().filter(token -> token == id).count();
    return count == 0
        ? result
        : result - (params.frequencyPenalty() * count + params.presencePenalty());
  }

  static List<Integer> ranked(Map<Integer, Float> logits, ToDoubleFunction<Integer> score) {
    List<Integer> ids = new ArrayList<>(logits.keySet());
    ids.sort(Comparator.comparingDouble(score).reversed().thenComparing(Comparator.naturalOrder()));
    return ids;
  }

  static List<Integer> typical(Map<Integer, Float> logits, double mass) {
    Map<Integer, Double> p = probabilities(logits);
    double entropy = 0;
    for (double probability : p.values()) {
      entropy -= probability * Math.log(probability);
    }
    double h = entropy;
    List<Integer> ids =
        ranked(logits, id -> -Math.abs(-Math.log(p.getOrDefault(id, Double.NaN)) - h));
    return shortest(ids, logits, mass);
  }

  static List<Integer> shortest(List<Integer> ids, Map<Integer, Float> logits, double mass) {
    Map<Integer, Double> p = probabilities(logits);
    double sum = 0;
    for (int i = 0; i < ids.size(); i++) {
      sum += p.getOrDefault(ids.get(i), Double.NaN);
      if (sum >= mass) {
        return ids.subList(0, i + 1);
      }
    }
    return ids;
  }

  static Map<Integer, Double> probabilities(Map<Integer, Float> logits) {
    double highest = logits.values().stream().max(Float::compare).orElseThrow();
    double sum = 0;
    for (float logit : logits.values()) {
      sum += Math.exp(logit - highest);
    }
    Map<Integer, Double> p = new HashMap<>();
    for (Map.Entry<Integer, Float> entry : logits.entrySet()) {
      p.put(entry.getKey(), Math.exp(entry.getValue() - highest) / sum);
    }
    return p;
  }

  private static int draw(SortedMap<Integer, Float> logits, double uniform) {
    Map<Integer, Double> p = probabilities(logits);
    double sum = 0;
    for (int id : logits.keySet()) {
      sum += p.getOrDefault(id, Double.NaN);
      if (sum > uniform) {
        return id;
      }
    }
    return logits.lastKey();
  }
}
