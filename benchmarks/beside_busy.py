#!/usr/bin/env python3
"""What is left of decoding when another process takes one of the processors: kolm and llama.cpp.

    beside_busy.py [--models smollm2-q8_0] [--threads 2] [--test tg32] [--rounds 5] [--kernels auto] [--output FILE.md]

Rounds alternate: kolm idle, llama.cpp idle, then both beside one busy foreign process (a loop that does nothing
else). Prints a Markdown table: tokens per second idle and beside it, and the share that is left. Run it on a machine
that does nothing else: with 2 processors and 2 threads, one of them is shared.

Exit code 0 when kolm keeps its share (targets.py), 2 when not, 1 when the comparison could not be made.
"""
import argparse
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import environment

environment.enter()
import engines  # noqa: E402
import llama_cpp_build  # noqa: E402
import machine  # noqa: E402
import models  # noqa: E402
import targets  # noqa: E402

WARM_UP = {"kolm": 12, "llama.cpp": 1}
# Seconds until the system has seen who is busy.
SETTLE = 0.3


@contextmanager
def busy_process():
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(SETTLE)
        yield
    finally:
        process.kill()
        process.wait()


def measure(file, given, build):
    """{engine: (idle, busy)}, tokens per second of each round, and kolm's kernels."""
    pair = [engines.kolm(file, given.threads, [given.test], given.kernels), engines.llama_cpp(build, file, given.threads)]
    speeds = {engine.name: ([], []) for engine in pair}
    for engine in pair:
        engine.warm_up(given.test, WARM_UP[engine.name])
    for _ in range(given.rounds):
        for engine in pair:
            speeds[engine.name][0].append(engine.round(given.test))
        with busy_process():
            for engine in pair:
                speeds[engine.name][1].append(engine.round(given.test))
    kernels = pair[0].ready["kernels"]["name"]
    for engine in pair:
        engine.close()
    return speeds, kernels


def share(speeds):
    idle, busy = speeds
    return statistics.median(busy) / statistics.median(idle)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="smollm2-q8_0", help="names or prefixes, comma-separated")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--test", default="tg32")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kernels", default="auto", help="as of kolm: auto, scalar, vector, ...")
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    given = parser.parse_args()
    build = llama_cpp_build.build()
    lines = [
        f"{date.today()}, {machine.describe()}; {build.description}; {given.threads} threads, {given.test}, {given.rounds} "
        f"alternating rounds; load before {machine.load():.1f}; tokens/s, median (min-max).",
        "",
        "| model | engine | idle | beside a busy process | left |",
        "| --- | --- | --- | --- | --- |",
    ]
    missed = []
    for name in models.select(given.models):
        speeds, kernels = measure(models.file(name, build), given, build)
        title = models.MODELS[name].title
        for engine, (idle, busy) in speeds.items():
            label = f"kolm, {kernels}" if engine == "kolm" else engine
            columns = [f"{statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f})" for values in (idle, busy)]
            lines.append(f"| {title} | {label} | {columns[0]} | {columns[1]} | {100 * share((idle, busy)):.0f} % |")
        if share(speeds["kolm"]) < targets.BESIDE_BUSY:
            missed.append(f"{title}: {100 * share(speeds['kolm']):.0f} % left, target {100 * targets.BESIDE_BUSY:.0f} %")
    table = "\n".join(lines) + "\n"
    print(table, end="")
    if given.output:
        given.output.write_text(table, encoding="utf-8")
    for sentence in missed:
        print(f"below its target: {sentence}", file=sys.stderr)
    sys.exit(2 if missed else 0)


if __name__ == "__main__":
    main()
