#!/usr/bin/env python3
"""Compares kolm's grammars with llguidance and xgrammar: the same schemas, tokenizer, token sequences and machine.

    compare_grammars.py [--tokenizers llama3_2,gemma3,...] [--engines llguidance,xgrammar] [--limit SECONDS]
                        [--schemas N] [--output FILE.md]

Makes what it needs, once: a virtual environment with the engines (xgrammar brings PyTorch, some gigabytes), the
schemas (grammar_schemas.py), the tokenizers, kolm's benchmarks.jar. Every schema is compiled new and then meets its
instances for the first time, one thread, each engine alone and one after the other; kolm after its just-in-time
compiler has warmed up on the same schemas, with everything thrown away since. A schema that takes an engine longer
than the limit counts as a crash.

Prints Markdown: time per token (mask and acceptance) and per schema; and who refuses schemas, rejects valid instances
or accepts invalid ones. Exit code 0 when kolm accepts nothing invalid and takes at most half of llguidance's time at
p50, p90, p99 and p99.9; 2 when not; 1 when the comparison could not be made.
"""
import argparse
import json
import select
import subprocess
import sys
from datetime import date
from pathlib import Path

import environment

environment.enter(Path(__file__).with_name("grammar-requirements.txt"))
import grammar_schemas  # noqa: E402
import machine  # noqa: E402

FOLDER = environment.CACHE / "grammars"
PERCENTILES = [50, 90, 99, 99.9, 100]


class Worker:
    """An engine in a process; a new one after a crash."""

    def __init__(self, engine, tokenizer, limit):
        self.command = [sys.executable, Path(__file__).with_name("grammar_engines.py"), engine, tokenizer]
        self.limit = limit
        self.process = None

    def open(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, bufsize=1)
        if not self.process.stdout.readline():
            environment.fail(f"{self.command[2]} cannot be started")

    def ask(self, case):
        if self.process is None:
            self.open()
        try:
            self.process.stdin.write(json.dumps(case) + "\n")
            self.process.stdin.flush()
            ready, _, _ = select.select([self.process.stdout], [], [], self.limit)
            line = self.process.stdout.readline() if ready else ""
        except OSError:
            line = ""
        if line:
            return json.loads(line)
        self.close()
        return {"refused": "crash or time limit", "crashed": True, "compile": 0, "accepted": [], "tokens": []}

    def close(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def prepared(tokenizer, count):
    """The schemas with the token ids of their instances."""
    from tokenizers import Tokenizer
    kept = FOLDER / "schemas.jsonl"
    if not kept.is_file():
        cases = grammar_schemas.all_schemas(grammar_schemas.fetch(FOLDER / "packages"))
        kept.write_text("".join(json.dumps(c) + "\n" for c in cases), encoding="utf-8")
    cases = [json.loads(line) for line in kept.open(encoding="utf-8")]  # not splitlines: schemas have other separators
    encoder = Tokenizer.from_file(str(tokenizer))
    for case in cases:
        for test in case["tests"]:
            text = json.dumps(test["data"], ensure_ascii=False, separators=(",", ":"))
            test["ids"] = encoder.encode(text, add_special_tokens=False).ids
    return cases[:count]


def kolm(tokenizer, cases):
    """GrammarCosts over all schemas."""
    lines, out = FOLDER / "lines.jsonl", FOLDER / "kolm.jsonl"
    lines.write_text("".join(json.dumps(c) + "\n" for c in cases), encoding="utf-8")
    program = [environment.java(), "-Xmx3g", "-cp", environment.benchmarks_jar(), "ai.kolm.benchmarks.GrammarCosts"]
    environment.run([*program, tokenizer, lines, out], "kolm", stdout=sys.stderr)
    return [json.loads(line) for line in out.open(encoding="utf-8")]


def percentile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(p / 100 * len(ordered)))] if ordered else float("nan")


def times(results):
    return [t / 1e3 for r in results for test in r["tokens"] for t in test]


def verdicts(cases, results):
    """Schemas crashed on, refused, with a valid instance rejected, with an invalid one accepted, all right."""
    crashed = refused = rejected = accepted = right = 0
    for case, result in zip(cases, results, strict=True):
        if result.get("crashed"):
            crashed += 1
        elif result["refused"]:
            refused += 1
        else:
            pairs = list(zip(case["tests"], result["accepted"]))
            wrong = any(not t["valid"] and a for t, a in pairs)
            missed = any(t["valid"] and not a for t, a in pairs)
            accepted += wrong
            rejected += missed
            right += not wrong and not missed
    return crashed, refused, rejected, accepted, right


def table(tokenizer, cases, all_results):
    lines = [f"### {tokenizer}, {len(cases)} schemas, {sum(len(c['tests']) for c in cases)} instances", "",
             "| engine | token p50 us | p90 | p99 | p99.9 | max | compile p50 ms | p99 | max |", "|---" * 9 + "|"]
    for engine, results in all_results.items():
        tokens = times(results)
        compiles = [r["compile"] / 1e6 for r in results if not r["refused"]]
        lines.append("| " + " | ".join([
            engine, *(f"{percentile(tokens, p):,.1f}" for p in PERCENTILES),
            *(f"{percentile(compiles, p):,.2f}" for p in (50, 99, 100))]) + " |")
    lines += ["", "| schemas | crash or limit | refused | a valid instance rejected | an invalid one accepted | all right |",
              "|---" * 6 + "|"]
    for engine, results in all_results.items():
        lines.append("| " + " | ".join([engine, *map(str, verdicts(cases, results))]) + " |")
    return "\n".join(lines) + "\n"


def on_common(cases, all_results):
    """Of all engines the results for the schemas that none refuses or crashes on."""
    kept = [i for i in range(len(cases)) if not any(r[i]["refused"] for r in all_results.values())]
    return [cases[i] for i in kept], {e: [r[i] for i in kept] for e, r in all_results.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokenizers", default="llama3_2,gemma3")
    parser.add_argument("--engines", default="llguidance,xgrammar")
    parser.add_argument("--limit", type=float, default=20)
    parser.add_argument("--schemas", type=int, default=10_000)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    environment.run([sys.executable, environment.ROOT / "scripts" / "fetch_reference.py", environment.REFERENCE,
                     "tokenizers"], "tokenizers", stdout=sys.stderr)
    text = f"{date.today()}, {machine.describe()}, load {machine.load():.1f}\n\n"
    good = True
    for name in options.tokenizers.split(","):
        tokenizer = environment.REFERENCE / "tokenizers" / name / "tokenizer.json"
        cases = prepared(tokenizer, options.schemas)
        results = {"kolm": kolm(tokenizer, cases)}
        for engine in [e for e in options.engines.split(",") if e]:
            worker = Worker(engine, tokenizer, options.limit)
            results[engine] = [worker.ask(case) for case in cases]
            worker.close()
        text += table(name, cases, results) + "\n"
        if len(results) > 1:
            text += "The schemas that no engine refuses:\n\n" + table(name, *on_common(cases, results)) + "\n"
        if options.output:  # by now: another tokenizer may take an hour with an engine that runs into the limit
            options.output.write_text(text, encoding="utf-8")
        good &= verdicts(cases, results["kolm"])[3] == 0
        if "llguidance" in results:
            ours, theirs = times(results["kolm"]), times(results["llguidance"])
            good &= all(2 * percentile(ours, p) <= percentile(theirs, p) for p in PERCENTILES[:-1])
    print(text)
    return 0 if good else 2


if __name__ == "__main__":
    sys.exit(main())
