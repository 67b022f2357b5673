#!/usr/bin/env python3
"""Compares kolm with llama.cpp: the same GGUF files, threads and machine, rounds alternating.

    compare_llama_cpp.py [--quick] [--rounds N] [--threads 2] [--models smollm2,gemma3,...|all] [--tests pp512,tg128]
                         [--kernels auto] [--output FILE.md] [--chart FILE.svg]

Makes what it needs, once: llama.cpp, compiled for this processor (some fifteen minutes), the models, the
jar. Then, for every model and number of threads, starts both engines, lets both warm up, and has them run
one round each in turn. pp512 is one batch of 512 tokens from an empty context, tg128 128 steps of one token,
as in llama-bench.

Models: smollm2-q4_1 as shipped, smollm2-q8_0 and smollm2-q4_0 made of it by llama-quantize, gemma3-q4_k_m, and
random weights in the shapes of qwen2.5-0.5b, llama-3.2-1b and qwen2.5-3b, each -q8_0, -q4_0 and -q4_k_m
(make_random_model.py; 11 GB in all). A prefix selects several: qwen2.5-0.5b, smollm2, all.

Prints a Markdown table: tokens per second, median (min-max), and the ratio kolm / llama.cpp, which is the
median of the ratios of neighbouring rounds. `of read`: what kolm reads of weights, as a share of what this
machine's memory gave in the same run. Other work on the machine is printed with it: on a busy machine only
the ratio means anything, and with 2 threads on 2 busy cores not even that.

Exit code 0 when every ratio reaches its target (targets.py), 2 when one does not, 1 when the comparison could
not be made.
"""
import argparse
import statistics
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import environment

environment.enter()
import chart  # noqa: E402
import engines  # noqa: E402
import llama_cpp_build  # noqa: E402
import machine  # noqa: E402
import models  # noqa: E402
import targets  # noqa: E402

TESTS = ["pp32", "pp128", "pp512", "tg128"]
QUICK_TESTS = ["pp512", "tg128"]
# Seconds, at least two rounds: a just-in-time compiler has to have seen a test often enough.
WARM_UP = {"kolm": 12, "llama.cpp": 1}
QUICK_WARM_UP = {"kolm": 4, "llama.cpp": 1}


@dataclass(frozen=True)
class Row:
    model: models.Model
    threads: int
    test: str
    kernels: str
    ours: list
    theirs: list
    # GB/s: what kolm reads while it decodes, and what the memory gives; None for prefill.
    reads: float
    bandwidth: float
    load: float

    @property
    def ratio(self):
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs))

    @property
    def target(self):
        return targets.ratio(self.kernels, self.model, self.threads, self.test, machine.features())

    @property
    def missed(self):
        return self.target is not None and self.ratio < self.target


def compare(name, file, threads, tests, rounds, warm_up, kernels, build):
    """The rows of one model and number of threads."""
    model = models.MODELS[name]
    kolm, llama = engines.kolm(file, threads, tests, kernels), engines.llama_cpp(build, file, threads)
    speeds = {(engine.name, test): [] for engine in (kolm, llama) for test in tests}
    load, bandwidth = [], 0
    for engine in (kolm, llama):
        for test in tests:
            engine.warm_up(test, warm_up[engine.name])
    for number in range(rounds):
        bandwidth = max(bandwidth, kolm.ask("read")["read_gigabytes_per_second"])
        for test in tests:
            load.append(machine.load())
            # Who is first changes, so that neither always runs behind the other.
            for engine in (kolm, llama) if number % 2 == 0 else (llama, kolm):
                speeds[engine.name, test].append(engine.round(test))
    for engine in (kolm, llama):
        print(f"{model.title}, {threads} threads: {engine.ready['kernels']['name']}: loaded in "
              f"{engine.ready['load_seconds']:.2f} s, {engine.memory} MiB resident", file=sys.stderr, flush=True)
        engine.close()
    bytes_per_token = kolm.ready["weight_bytes_per_token"]
    rows = []
    for test in tests:
        ours, theirs = speeds["kolm", test], speeds["llama.cpp", test]
        reads = statistics.median(ours) * bytes_per_token / 1e9 if test.startswith("tg") else None
        used = kolm.ready["kernels"]["name"]
        rows.append(Row(model, threads, test, used, ours, theirs, reads, bandwidth, statistics.median(load)))
    return rows


def show(values):
    digits = 0 if statistics.median(values) >= 20 else 1
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def report(rows, rounds, build):
    lines = [
        f"{date.today()}, {machine.describe()}; {build.description}; {rounds} alternating rounds; tokens/s, median (min-max).",
        "",
        "| model | threads | test | kernels | kolm | llama.cpp | ratio | target | GB/s | of read | load |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        mark = "**" if row.missed else ""
        target = f"{row.target:.2f}" if row.target else ""
        reads = f"{row.reads:.1f} | {100 * row.reads / row.bandwidth:.0f} % of {row.bandwidth:.1f}" if row.reads else " | "
        lines.append(f"| {row.model.title} | {row.threads} | {row.test} | {row.kernels} | {show(row.ours)} | {show(row.theirs)} "
                     f"| {mark}{row.ratio:.2f}{mark} | {target} | {reads} | {row.load:.1f} |")
    return "\n".join(lines) + "\n"


def draw(rows, path):
    """The chart of all rows with the most threads."""
    threads = max(row.threads for row in rows)
    groups = {}
    for row in rows:
        if row.threads == threads:
            groups.setdefault(row.test, []).append((row.model.title, row.ratio, row.target))
    chart.ratios(path, f"kolm / llama.cpp, {threads} threads; red: target", groups)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 rounds of pp512 and tg128, a short warm-up")
    parser.add_argument("--rounds", type=int, help="alternating rounds (7; quick: 3)")
    parser.add_argument("--threads", default="2", help="2; several: 1,2")
    parser.add_argument("--models", default="all", help="names or prefixes, comma-separated")
    parser.add_argument("--tests", help=",".join(TESTS))
    parser.add_argument("--kernels", default="auto", help="as of kolm: auto, scalar, vector, ...")
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    parser.add_argument("--chart", type=Path, help="draw the ratios, SVG")
    return parser.parse_args()


def main():
    given = arguments()
    rounds = given.rounds or (3 if given.quick else 7)
    tests = (given.tests or ",".join(QUICK_TESTS if given.quick else TESTS)).split(",")
    build = llama_cpp_build.build()
    rows = []
    for name in models.select(given.models):
        file = models.file(name, build)
        for threads in map(int, given.threads.split(",")):
            rows += compare(name, file, threads, tests, rounds, QUICK_WARM_UP if given.quick else WARM_UP, given.kernels, build)
            # Hours of measuring are not to be lost to the last model.
            if given.output:
                given.output.write_text(report(rows, rounds, build), encoding="utf-8")
    print(report(rows, rounds, build), end="")
    if given.chart:
        draw(rows, given.chart)
    missed = [row for row in rows if row.missed]
    for row in missed:
        print(f"below its target: {row.model.title}, {row.threads} threads, {row.test}: {row.ratio:.2f} of {row.target:.2f}",
              file=sys.stderr)
    sys.exit(2 if missed else 0)


if __name__ == "__main__":
    main()
