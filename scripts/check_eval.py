#!/usr/bin/env python3
"""Works the numbers of a report of `kolm eval` out again, without any code of kolm.

usage: check_eval.py report.json

Prints each number of the report beside its own; ends with 1 if one differs by more than 1e-9.
"""

import json
import math
import sys

MASK = (1 << 64) - 1
RESAMPLES = 10_000


def splitmix(state):
    z = state
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def mean(weights, values):
    return math.fsum(w * v for w, v in zip(weights, values)) / math.fsum(weights)


def lower_bound(clusters, weights, values, worst, seed):
    sums = {}
    for cluster, weight, value in zip(clusters, weights, values):
        total = sums.setdefault(cluster, [0.0, 0.0])
        total[0] += weight * value
        total[1] += weight
    average = sum(weights) / len(weights)
    every = list(sums.values()) + [[average * worst, average]]
    means = []
    state = seed
    for _ in range(RESAMPLES):
        value = weight = 0.0
        for _ in every:
            state = (state + 0x9E3779B97F4A7C15) & MASK
            pick = ((splitmix(state) >> 32) * len(every)) >> 32
            value += every[pick][0]
            weight += every[pick][1]
        means.append(value / weight)
    return sorted(means)[RESAMPLES // 20]


def percentile(millis, share):
    ordered = sorted(millis)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def k_score(side):
    return 0.40 * side["accuracy"] + 0.15 * (side["s"] + side["l"] + side["c"] + side["coverage"])


def main():
    report = json.load(open(sys.argv[1], encoding="utf-8"))
    cases = report["cases"]
    seed = int(report["evals_digest"][:16], 16)
    clusters = [case["cluster"] for case in cases]
    weights = [case["weight"] for case in cases]
    own = {}
    for side in ("local", "baseline"):
        if side not in report:
            continue
        scores = [case[side] for case in cases]
        own[side, "accuracy"] = mean(weights, scores)
        own[side, "accuracy_bound"] = lower_bound(clusters, weights, scores, 0, seed)
        answered = [case[side + "_ms"] for case in cases if not case[side + "_error"]]
        own[side, "p95_ms"] = percentile(answered, 0.95)
        own[side, "k"] = k_score(report[side])
        budgets = report.get("budgets")
        if budgets:
            own[side, "l"] = min(1, budgets["latency_p95_ms"] / max(1e-300, own[side, "p95_ms"]))
    pairs = [(f"{s}.{n}", report[s][n], value) for (s, n), value in own.items()]
    if "baseline" in report:
        differences = [case["local"] - case["baseline"] for case in cases]
        pairs.append(("difference", report["difference"], mean(weights, differences)))
        bound = lower_bound(clusters, weights, differences, -1, seed)
        pairs.append(("difference_bound", report["difference_bound"], bound))
    wrong = 0
    for name, said, found in pairs:
        differs = abs(said - found) > 1e-9
        wrong += differs
        print(f"{name:24} {said:.12f} {found:.12f}{'  DIFFERS' if differs else ''}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
