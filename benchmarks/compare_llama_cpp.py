#!/usr/bin/env python3
"""Compares kolm with llama.cpp: the same GGUF files, threads and machine, rounds alternating.

    compare_llama_cpp.py [--quick] [--rounds N] [--threads 1,2] [--models smollm2,gemma3] [--tests pp32,...]
                         [--output FILE]

Makes what it needs, once: llama-cpp-python in a virtual environment (pip compiles llama.cpp for this
processor: some ten minutes), the two models, benchmarks/target/benchmarks.jar. Then, for every model
and number of threads, starts both engines, lets both warm up, and has them run one round each in turn.
pp512 is one batch of 512 tokens from an empty context, tg128 128 steps of one token, as in llama-bench.

Prints a Markdown table: tokens per second, median (min-max), and the ratio kolm / llama.cpp, which is
the median of the ratios of neighbouring rounds. Other work on the machine is printed with it: on a
busy machine only the ratio means anything, and with 2 threads on 2 busy cores not even that.

Exit code 0 when every ratio reaches its floor (prefill of 512: 0.4, decode: 0.6), 2 when one does not,
1 when the comparison could not be made.
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("KOLM_HOME") or Path(os.environ["HOME"]) / ".kolm")
CACHE = HOME / "cache" / "benchmarks"
REFERENCE = HOME / "cache" / "reference"
JAR = ROOT / "benchmarks" / "target" / "benchmarks.jar"

LLAMA_CPP = "llama-cpp-python==0.3.36"
LLAMA_CPP_SHA256 = "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e"
# What the package imports; its own requirements allow any version.
IMPORTS = ["numpy", "diskcache", "jinja2", "typing-extensions"]

MODELS = {
    "smollm2": ("SmolLM2-135M Q4_1", "smollm2-135m-q4_1.gguf"),
    "gemma3": ("Gemma-3-270M Q4_K_M", "gemma3-270m-q4_k_m.gguf"),
}
TESTS = ["pp32", "pp128", "pp512", "tg128"]
FLOORS = {"pp512": 0.4, "tg128": 0.6}
JVM_FLAGS = ["--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"]

# Rounds until a just-in-time compiler has seen a test often enough: seconds, at least two rounds.
WARM_UP_SECONDS = {"kolm": 12, "llama.cpp": 1}


def fail(message):
    sys.exit(f"compare_llama_cpp.py: {message}")


def run(command, what, **options):
    try:
        done = subprocess.run([str(c) for c in command], **options)
    except OSError as e:
        fail(f"{what}: {command[0]} cannot be started ({e.strerror})")
    if done.returncode:
        fail(f"{what}: exit code {done.returncode}")


def find_java():
    """A java of JDK 25: JAVA25_HOME, JAVA_HOME, the usual places, the path."""
    homes = [os.environ.get("JAVA25_HOME"), os.environ.get("JAVA_HOME"), *sorted(Path("/usr/lib/jvm").glob("*25*"))]
    for java in [*(Path(h) / "bin" / "java" for h in homes if h), shutil.which("java")]:
        if java and Path(java).is_file():
            version = subprocess.run([str(java), "-version"], capture_output=True, text=True).stderr
            if 'version "25' in version:
                return str(java)
    fail("no JDK 25 found: set JAVA25_HOME to one")


def llama_python():
    """The Python of an environment with the pinned llama.cpp, compiled for this processor."""
    folder = CACHE / f"llama-cpp-{LLAMA_CPP.rpartition('=')[2]}"
    python = folder / "bin" / "python"
    if (folder / ".complete").is_file():
        return python
    print(f"compiling {LLAMA_CPP} (once, some ten minutes)", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", folder], "virtual environment")
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check"]
    run([*pip, "--quiet", *IMPORTS], "pip install", stdout=sys.stderr)
    pinned = folder / "requirements.txt"
    pinned.write_text(f"{LLAMA_CPP} --hash=sha256:{LLAMA_CPP_SHA256}\n", encoding="utf-8")
    # Compiled here, and not taken from pip's cache: that may be for another processor.
    source = ["--no-binary", LLAMA_CPP.partition("=")[0], "--no-cache-dir", "--no-deps", "-r", pinned]
    log = CACHE / "llama-cpp.log"
    with open(log, "w", encoding="utf-8") as out:
        run([*pip, "--verbose", *source], f"pip install {LLAMA_CPP} (see {log})", stdout=out, stderr=out)
    (folder / ".complete").touch()
    return python


def build_jar():
    sources = [p for folder in ("kolm-core", "kolm-grammar", "kolm-runtime", "benchmarks")
               for p in (ROOT / folder).glob("src/main/**/*.java")]
    if JAR.is_file() and JAR.stat().st_mtime > max(p.stat().st_mtime for p in sources):
        return
    print("building benchmarks.jar", file=sys.stderr, flush=True)
    command = ["mvn", "-B", "-ntp", "-q", "-pl", "benchmarks", "-am", "package", "-DskipTests"]
    run(command, "mvn package", cwd=ROOT, stdout=sys.stderr)
    JAR.touch()


class Engine:
    """A process that runs one round per line."""

    def __init__(self, name, command):
        self.name = name
        command = [str(c) for c in command]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, bufsize=1)
        self.ready = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            fail(f"{self.name} ended: exit code {self.process.wait()}")
        return json.loads(line)

    def round(self, test):
        """Tokens per second."""
        self.process.stdin.write(test + "\n")
        self.process.stdin.flush()
        self.last = self.answer()
        return int(test[2:]) / self.last["seconds"]

    def warm_up(self, test, seconds):
        end = time.monotonic() + seconds
        rounds = 0
        while rounds < 2 or time.monotonic() < end:
            self.round(test)
            rounds += 1

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def processor():
    """Model and the vector features that the kernels of either side use."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    fields = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    flags = set(fields.get("flags", fields.get("Features", "")).split())
    wanted = ["avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimddp", "i8mm", "sve"]
    return f"{fields.get('model name', platform.machine())}, {os.cpu_count()} processors: {' '.join(f for f in wanted if f in flags)}"


def compare(model, threads, tests, rounds, quick, java, python):
    """Rows of the table."""
    title, file = MODELS[model]
    path = REFERENCE / file
    engines = [
        Engine("llama.cpp", [python, Path(__file__).with_name("llama_cpp_rounds.py"), path, threads]),
        Engine("kolm", [java, *JVM_FLAGS, "-cp", JAR, "ai.kolm.benchmarks.EndToEnd", path, threads]),
    ]
    speeds = {(e.name, t): [] for e in engines for t in tests}
    load = []
    for engine in engines:
        for test in tests:
            engine.warm_up(test, WARM_UP_SECONDS[engine.name] / (3 if quick else 1))
    for _ in range(rounds):
        for test in tests:
            load.append(os.getloadavg()[0])
            for engine in engines:
                speeds[engine.name, test].append(engine.round(test))
    for engine in engines:
        print(f"{title}, {threads} threads: {engine.ready['ready']}: loaded in {engine.ready['load_s']} s, "
              f"{engine.last['rss_mib']} MiB resident", file=sys.stderr, flush=True)
        engine.close()
    rows = []
    for test in tests:
        ours, theirs = speeds["kolm", test], speeds["llama.cpp", test]
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        rows.append((title, threads, test, ours, theirs, ratio, statistics.median(load)))
    return rows


def show(values):
    return f"{statistics.median(values):.0f} ({min(values):.0f}-{max(values):.0f})"


def report(rows, rounds):
    lines = [
        f"{date.today()}, {processor()}; {platform.system()} {platform.release()}; llama.cpp of {LLAMA_CPP}; "
        f"{rounds} alternating rounds; tokens/s, median (min-max).",
        "",
        "| model | threads | test | kolm | llama.cpp | ratio | load |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for title, threads, test, ours, theirs, ratio, load in rows:
        lines.append(f"| {title} | {threads} | {test} | {show(ours)} | {show(theirs)} | {ratio:.2f} | {load:.1f} |")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 short rounds of pp512 and tg128")
    parser.add_argument("--rounds", type=int, help="alternating rounds (7; quick: 3)")
    parser.add_argument("--threads", help="1,2 (quick: 2)")
    parser.add_argument("--models", default="smollm2,gemma3")
    parser.add_argument("--tests", help=",".join(TESTS))
    parser.add_argument("--output", type=Path, help="also write the table to this file")
    arguments = parser.parse_args()
    quick = arguments.quick
    rounds = arguments.rounds or (3 if quick else 7)
    threads = (arguments.threads or ("2" if quick else "1,2")).split(",")
    tests = (arguments.tests or ("pp512,tg128" if quick else ",".join(TESTS))).split(",")
    models = arguments.models.split(",")
    unknown = [m for m in models if m not in MODELS]
    if unknown:
        fail(f"unknown model {unknown[0]}; known: {', '.join(MODELS)}")
    java = find_java()
    CACHE.mkdir(parents=True, exist_ok=True)
    run([sys.executable, ROOT / "scripts" / "fetch_reference.py", REFERENCE, *models], "models", stdout=sys.stderr)
    python = llama_python()
    build_jar()
    rows = []
    for model in models:
        for count in threads:
            rows += compare(model, count, tests, rounds, quick, java, python)
    table = report(rows, rounds)
    print(table, end="")
    if arguments.output:
        arguments.output.write_text(table, encoding="utf-8")
    missed = [f"{r[0]}, {r[1]} threads, {r[2]}: {r[5]:.2f}" for r in rows if r[5] < FLOORS.get(r[2], 0)]
    for line in missed:
        print(f"below the floor: {line}", file=sys.stderr)
    sys.exit(2 if missed else 0)


if __name__ == "__main__":
    main()
