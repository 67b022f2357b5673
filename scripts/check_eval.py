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


def exact_bound(clusters, weights, differences):
    """Where clusters are equal or wholly lost, and weigh the same: Clopper and Pearson's bound."""
    sums = {}
    for cluster, weight, difference in zip(clusters, weights, differences):
        total = sums.setdefault(cluster, [0.0, 0.0])
        total[0] += weight * difference
        total[1] += weight
    n, each = len(sums), next(iter(sums.values()))[1]
    if any(weight != each or lost not in (0, -each) for lost, weight in sums.values()):
        return math.inf
    lost = sum(value != 0 for value, _ in sums.values())
    low, high = lost / n, 1.0
    while lost < n and high - low > 1e-15:
        share = (low + high) / 2
        seen = sum(
            math.exp(
                math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
                + k * math.log(share) + (n - k) * math.log1p(-share)
            ) if share else float(k == 0)
            for k in range(lost + 1)
        )
        low, high = (share, high) if seen > 0.05 else (low, share)
    return -high


def percentile(millis, share):
    ordered = sorted(millis)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def k_score(terms):
    return 0.40 * terms["accuracy"] + 0.15 * (terms["s"] + terms["l"] + terms["c"] + terms["coverage"])


def ratio(budget, value):
    return 1.0 if value <= 0 else min(1.0, budget / value)


def size_term(size, budget):
    return 1.0 if size <= budget else max(0.0, 1 - math.log2(size / budget) / 4)


def coverage(cases, given):
    """How much of the traffic the cases stand for; ten cases of a kind are enough."""
    traffic, declared = given.get("traffic") or {}, given.get("declared_tags") or []
    if traffic:
        shares = {kind: n / sum(traffic.values()) for kind, n in traffic.items()}
        seen = [case["stratum"] for case in cases]
        return math.fsum(share * min(1.0, seen.count(kind) / 10) for kind, share in shares.items())
    if declared:
        counts = [sum(tag in case["tags"] for case in cases) for tag in declared]
        return math.fsum(min(1.0, n / 10) for n in counts) / len(declared)
    return min(1.0, len(cases) / 200)


def usd_per_1000(report, side):
    """From tokens and prices, or from the time this machine was busy."""
    cases = report["cases"]
    if side == "local":
        hours = math.fsum(case["local_ms"] for case in cases) / 3_600_000
        return 1000 * report["usd_per_hour"] * hours / len(cases)
    dear, cached, out = report["price"]
    tokens = [case["baseline_usage"] for case in cases]
    return 1000 * math.fsum((t[0] - t[1]) * dear + t[1] * cached + t[2] * out for t in tokens) / 1e6 / len(cases)


def terms(report, sides):
    """All terms of K for both sides, from times, tokens, bytes and scores."""
    cases, given = report["cases"], report["given"]
    for side, own in sides.items():
        if "usd_per_hour" in report:  # a report of the command; tests give the costs themselves
            own["usd_per_1000"] = usd_per_1000(report, side)
        else:
            own["usd_per_1000"] = report[side]["usd_per_1000"]
    budget_ms = given["budget_ms"] or max(2000.0, sides["baseline"]["p95_ms"])
    budget_usd = given["budget_usd"] or sides["baseline"]["usd_per_1000"]
    for side, own in sides.items():
        own["s"] = size_term(given["bytes"], given["budget_bytes"] or 4 * 2.0**30) if side == "local" else 1.0
        own["l"] = ratio(budget_ms, own["p95_ms"])
        own["c"] = ratio(budget_usd, own["usd_per_1000"])
        own["coverage"] = coverage(cases, given)
        own["failures"] = sum(case[side + "_failed"] for case in cases) / len(cases)
        own["k"] = k_score(own)


def gate(report, local, baseline, bound):
    """The rules, and what follows."""
    given = report["given"]
    clusters = len({case["cluster"] for case in report["cases"]})
    rules = [
        clusters >= 60 and given["receipt_faults"] == 0 and given.get("leaks", 0) == 0,
        bound >= -given["margin"],
        local["accuracy_bound"] >= given["min_accuracy"],
        k_score(dict(local, accuracy=local["accuracy_bound"])) >= given["gate"],
        baseline["k"] >= given["gate"],
        local["failures"] <= 0.01,
    ]
    if not rules[4] or baseline["failures"] > 0.05:
        return rules, "inconclusive"
    return rules, "passed" if all(rules) else "failed"


def main():
    report = json.load(open(sys.argv[1], encoding="utf-8"))
    cases = report["cases"]
    seed = int(report["evals_digest"][:16], 16)
    clusters = [case["cluster"] for case in cases]
    weights = [case["weight"] for case in cases]
    sides = {}
    for side in ("local", "baseline"):
        if side not in report:
            continue
        scores = [case[side] for case in cases]
        answered = [case[side + "_ms"] for case in cases if not case[side + "_error"]]
        sides[side] = {
            "accuracy": mean(weights, scores),
            "accuracy_bound": lower_bound(clusters, weights, scores, 0, seed),
            "p50_ms": percentile(answered, 0.5),
            "p95_ms": percentile(answered, 0.95),
        }
    pairs = []
    same = True
    if "baseline" in report:
        terms(report, sides)
        differences = [case["local"] - case["baseline"] for case in cases]
        pairs.append(("difference", report["difference"], mean(weights, differences)))
        bound = min(
            lower_bound(clusters, weights, differences, -1, seed),
            exact_bound(clusters, weights, differences),
        )
        pairs.append(("difference_bound", report["difference_bound"], bound))
        rules, verdict = gate(report, sides["local"], sides["baseline"], bound)
        said = [rule["holds"] for rule in report["rules"]], report["verdict"]
        same = said == (rules, verdict)
        print("rules and verdict: %s %s%s" % (*said, "" if same else "  DIFFERS: %s %s" % (rules, verdict)))
    pairs += [("%s.%s" % (side, name), report[side][name], value) for side in sides for name, value in sides[side].items()]
    wrong = 0 if same else 1
    for name, said, found in pairs:
        differs = abs(said - found) > 1e-9
        wrong += differs
        print(f"{name:24} {said:.12f} {found:.12f}{'  DIFFERS' if differs else ''}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
