#!/usr/bin/env python3
"""Compares kolm's server with llama-server under 1, 2, 4, 8 and 16 streams, and from process start to first token.

    load.py [--quick] [--models smollm2-q8_0] [--streams 1,2,4,8,16] [--rounds 3] [--starts 7] [--threads 2]
            [--kernels auto] [--output FILE.md] [--chart FILE.svg]

llama-server is of the same build of llama.cpp as in compare_llama_cpp.py. Both servers are alive at the same
time, and one of them is loaded at a time, in turn. A stream sends its next request when its last one has been
answered (closed loop). A request has some 217 tokens of prompt, of which 150 are a system message that all share,
and asks for 64 tokens, greedy, past the end of the text. Prefixes are warm: the system message has been seen.

Prints Markdown tables: tokens per second of all streams together, time to the first token (TTFT) and between
tokens (ITL) as p50/p99 over all rounds, resident memory after; the ratios of medians. The time to the first token
over HTTP counts from the start of the process, file cache warm.

Exit code 0 when all targets are reached (targets.py: at 8 and 16 streams, and at start), 2 when one is not, 1
when the comparison could not be made.
"""
import argparse
import asyncio
import random
import statistics
import sys
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import environment

environment.enter()
import aiohttp  # noqa: E402

import chart  # noqa: E402
import engines  # noqa: E402
import llama_cpp_build  # noqa: E402
import machine  # noqa: E402
import models  # noqa: E402
import servers  # noqa: E402
import targets  # noqa: E402

MAX_TOKENS = 64
# Requests of a round: enough for the percentiles of the slowest server to take a minute at most.
REQUESTS = {1: 8, 2: 16, 4: 24, 8: 32, 16: 48}
WARM_UP_SECONDS = {"kolm": 20, "llama-server": 5}
TARGET_STREAMS = (8, 16)
SEED = 7

SYSTEM = (
    "You help the visitors of a public library. The library lends books, films, maps and tools, and it has rooms to "
    "work in that can be booked for two hours. It opens at nine in the morning and closes at eight in the evening, "
    "on Sundays at one. Everyone who lives in the town may have a card; it costs nothing, and a child needs a "
    "signature of its parents. A loan lasts four weeks and can be made longer twice, unless somebody else is waiting. "
    "What is late costs a small fee for each day. Be brief and friendly, say what you do not know, and send people to "
    "the desk when a matter needs a person. Answer only about the library."
)
# Words that are one token each in the vocabularies of the models here.
WORDS = ("book film map tool room card child desk day week fee loan help work open close morning evening town street "
         "house river garden music story history paper letter number light water winter summer teacher student friend").split()
USER_WORDS = 55


def messages(number):
    """The conversation of request `number`."""
    rng = random.Random(SEED * 1_000_003 + number)
    text = " ".join(rng.choice(WORDS) for _ in range(USER_WORDS))
    return [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"Question {rng.randrange(1000)}: {text}?"}]


def percentile(values, share):
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass
class Figures:
    """What one server did at one number of streams, over all rounds."""

    tokens_per_second: list = field(default_factory=list)
    first: list = field(default_factory=list)
    gaps: list = field(default_factory=list)
    prompt: list = field(default_factory=list)
    cached: list = field(default_factory=list)
    memory: int = None

    def add(self, answers, seconds):
        self.tokens_per_second.append(sum(a.usage["completion_tokens"] for a in answers) / seconds)
        for answer in answers:
            self.first.append(answer.first * 1e3)
            self.gaps += [gap * 1e3 for gap in answer.gaps]
            self.prompt.append(answer.usage["prompt_tokens"])
            self.cached.append((answer.usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0)


class Load:
    """Numbers the requests, so that no prompt comes twice."""

    def __init__(self):
        self.next = 0

    async def round(self, server, streams, requests):
        """Answers to `requests` requests over `streams` connections; returns them and the seconds they took."""
        answers = []
        numbers = iter(range(self.next, self.next + requests))
        self.next += requests

        async def stream(session):
            for number in numbers:
                answers.append(await servers.ask(session, server, messages(number), MAX_TOKENS))

        start = time.perf_counter()
        # llama-server closes kept connections while the next request is on its way.
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        async with aiohttp.ClientSession(connector=connector) as session:
            await asyncio.gather(*(stream(session) for _ in range(streams)))
        return answers, time.perf_counter() - start

    async def warm_up(self, server, seconds, counts):
        """With as many streams as are measured: each number has steps of its own shape to be compiled."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for streams in counts:
                await self.round(server, streams, streams)


def run_round(load, server, streams, requests):
    try:
        return asyncio.run(load.round(server, streams, requests))
    except (servers.Refused, aiohttp.ClientError) as e:
        environment.fail(f"{server.name}, {streams} streams: {e}")


def measure_load(file, commands, log, streams, rounds, warm_up):
    """{(server, streams): Figures}."""
    started = [servers.Server(name, command, file, log) for name, command in commands.items()]
    figures = {(server.name, count): Figures() for server in started for count in streams}
    load = Load()
    try:
        for server in started:
            asyncio.run(servers.first_answer(server, messages(load.next)))
            asyncio.run(load.warm_up(server, warm_up[server.name], streams))
        for number in range(rounds):
            for count in streams:
                for server in started if number % 2 == 0 else reversed(started):
                    answers, seconds = run_round(load, server, count, REQUESTS.get(count, 3 * count))
                    figures[server.name, count].add(answers, seconds)
                    figures[server.name, count].memory = server.memory
    finally:
        for server in started:
            server.close()
    return figures


def measure_starts(file, commands, log, starts):
    """{server: seconds from process start to the first token, each}. The first of each only warms the file cache."""
    seconds = {name: [] for name in commands}
    for _ in range(starts + 1):
        for name, command in commands.items():
            server = servers.Server(name, command, file, log)
            try:
                seconds[name].append(asyncio.run(servers.first_answer(server, [{"role": "user", "content": "Hi"}])))
            finally:
                server.close()
    return {name: values[1:] for name, values in seconds.items()}


@dataclass(frozen=True)
class Result:
    title: str
    kernels: str
    figures: dict
    starts: dict

    def load_ratios(self, streams):
        """kolm / llama-server: tokens per second, p99 of TTFT and of ITL."""
        ours, theirs = self.figures["kolm", streams], self.figures["llama-server", streams]
        return (statistics.median(ours.tokens_per_second) / statistics.median(theirs.tokens_per_second),
                percentile(ours.first, 0.99) / percentile(theirs.first, 0.99),
                percentile(ours.gaps, 0.99) / percentile(theirs.gaps, 0.99))

    def missed(self):
        """A sentence for every target that is not reached."""
        kernels = targets.kernel_set(self.kernels)
        tokens, latency = targets.SERVED_TOKENS.get(kernels), targets.SERVED_LATENCY.get(kernels)
        for streams in sorted({count for _, count in self.figures}):
            if streams not in TARGET_STREAMS:
                continue
            speed, first, gap = self.load_ratios(streams)
            if tokens and speed < tokens:
                yield f"{self.title}, {streams} streams: {speed:.2f} times the tokens/s, target {tokens}"
            for what, ratio in (("TTFT", first), ("ITL", gap)):
                if latency and ratio > latency:
                    yield f"{self.title}, {streams} streams: {ratio:.2f} times its p99 of {what}, target {latency}"
        limit = targets.FIRST_TOKEN.get(kernels)
        if limit and self.starts["kolm"] and statistics.median(self.starts["kolm"]) > limit:
            yield f"{self.title}: {statistics.median(self.starts['kolm']):.2f} s to the first token, target {limit}"


def load_table(result):
    lines = [
        "| model | streams | server | tokens/s | TTFT p50/p99 ms | ITL p50/p99 ms | RSS MiB | prompt (cached) | tokens/s ratio | p99 ratios |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for (name, streams), figures in sorted(result.figures.items(), key=lambda item: (item[0][1], item[0][0])):
        speeds = figures.tokens_per_second
        speed, first, gap = result.load_ratios(streams)
        ratios = f"{speed:.2f} | {first:.2f}, {gap:.2f}" if name == "kolm" else " | "
        lines.append(
            f"| {result.title} | {streams} | {name} | {statistics.median(speeds):.0f} ({min(speeds):.0f}-{max(speeds):.0f}) "
            f"| {percentile(figures.first, 0.5):.0f}/{percentile(figures.first, 0.99):.0f} "
            f"| {percentile(figures.gaps, 0.5):.1f}/{percentile(figures.gaps, 0.99):.1f} | {figures.memory} "
            f"| {statistics.mean(figures.prompt):.0f} ({statistics.mean(figures.cached):.0f}) | {ratios} |")
    return lines


def report(results, given, build):
    lines = [
        f"{date.today()}, {machine.describe()}; {build.description}; llama-server with {servers.SLOTS} slots; {given.threads} "
        f"threads each, the client on the same processors; {given.rounds} alternating rounds.",
    ]
    for result in results:
        lines += ["", f"kolm's kernels: {result.kernels}", "", *load_table(result)]
    if given.starts:
        lines += ["", "| model | server | process start to first token over HTTP, s |", "| --- | --- | --- |"]
        for result in results:
            for name, seconds in result.starts.items():
                lines.append(f"| {result.title} | {name} | {statistics.median(seconds):.2f} ({min(seconds):.2f}-{max(seconds):.2f}) |")
    return "\n".join(lines) + "\n"


def draw(result, path):
    names = sorted({name for name, _ in result.figures})
    counts = sorted({count for _, count in result.figures})

    def series(value):
        return {name: {count: value(result.figures[name, count]) for count in counts} for name in names}

    chart.lines(path, f"{result.title}, 217 tokens in, 64 out", [
        ("tokens/s, all streams", series(lambda figures: statistics.median(figures.tokens_per_second))),
        ("TTFT p99, ms", series(lambda figures: percentile(figures.first, 0.99))),
        ("ITL p99, ms", series(lambda figures: percentile(figures.gaps, 0.99))),
    ])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="1 and 4 streams, one round, 2 starts, a short warm-up")
    parser.add_argument("--models", default="smollm2-q8_0", help="names or prefixes, comma-separated; each has a chat template")
    parser.add_argument("--streams", help="1,2,4,8,16")
    parser.add_argument("--rounds", type=int, help="3")
    parser.add_argument("--starts", type=int, help="how often to start each server for the time to the first token (7); 0: no")
    parser.add_argument("--threads", type=int, default=2, help="2")
    parser.add_argument("--kernels", default="auto", help="as of kolm: auto, scalar, vector, ...")
    parser.add_argument("--output", type=Path, help="also write the tables to this file")
    parser.add_argument("--chart", type=Path, help="draw the first model, SVG")
    given = parser.parse_args()
    given.streams = [int(n) for n in (given.streams or ("1,4" if given.quick else "1,2,4,8,16")).split(",")]
    given.rounds = given.rounds or (1 if given.quick else 3)
    given.starts = (2 if given.quick else 7) if given.starts is None else given.starts
    return given


def main():
    given = arguments()
    build = llama_cpp_build.build()
    log = environment.CACHE / "servers.log"
    log.unlink(missing_ok=True)
    warm_up = {name: seconds / (4 if given.quick else 1) for name, seconds in WARM_UP_SECONDS.items()}
    results = []
    for name in models.select(given.models):
        file = models.file(name, build)
        commands = {"kolm": servers.kolm_command(file, given.threads, given.kernels),
                    "llama-server": servers.llama_server_command(build, file, given.threads)}
        kernels = engines.kernels(file, given.threads, given.kernels)
        figures = measure_load(file, commands, log, given.streams, given.rounds, warm_up)
        results.append(Result(models.MODELS[name].title, kernels, figures, measure_starts(file, commands, log, given.starts)))
    table = report(results, given, build)
    print(table, end="")
    if given.output:
        given.output.write_text(table, encoding="utf-8")
    if given.chart:
        draw(results[0], given.chart)
    missed = [sentence for result in results for sentence in result.missed()]
    for sentence in missed:
        print(f"below its target: {sentence}", file=sys.stderr)
    sys.exit(2 if missed else 0)


if __name__ == "__main__":
    main()
