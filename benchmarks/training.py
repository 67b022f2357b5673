#!/usr/bin/env python3
"""Training steps of kolm and of PyTorch on this machine: tokens per second and peak memory.

    training.py [--tokens 512] [--steps 4] [--rounds 2] [--threads 2]

Both train the same LoRA adapter (rank 16, all linear layers) on SmolLM2-135M, PyTorch on its weights
dequantised to float32, with and without gradient checkpointing. Rounds alternate; the first step of each process does
not count; the figures are medians. Makes benchmarks/target/benchmarks.jar (or takes a class path in KOLM_BENCHMARKS) and its own Python environment once.
"""
import argparse
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path

import environment
import machine

REQUIREMENTS = Path(__file__).with_name("requirements-training.txt")
MODEL = environment.REFERENCE / "smollm2-135m-q4_1.gguf"
FLAGS = ["-Xmx256m", "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"]


def python():
    """A Python with torch, transformers and peft."""
    version = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = environment.CACHE / f"python-training-{version}"
    if not (folder / ".complete").is_file():
        print("benchmarks: making a virtual environment (once)", file=sys.stderr, flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        environment.run([sys.executable, "-m", "venv", folder], "virtual environment")
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        environment.run([*pip, "-r", REQUIREMENTS], "pip install", stdout=sys.stderr)
        (folder / ".complete").touch()
    return folder / "bin" / "python"


def measure(command):
    """Tokens per second of each step but the first, and the peak of memory in MiB."""
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    if done.returncode:
        environment.fail(f"{command[0]}: exit code {done.returncode}")
    lines = [line.split() for line in done.stdout.splitlines()]
    return [float(line[1]) for line in lines if line[0] == "step"][1:], next(int(line[1]) for line in lines if line[0] == "memory")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    kolm = [environment.java(), *FLAGS, "-cp", os.environ.get("KOLM_BENCHMARKS") or environment.benchmarks_jar(), "ai.kolm.benchmarks.TrainingSteps"]
    torch = [python(), Path(__file__).with_name("training_torch.py")]
    print(machine.describe())
    print(f"SmolLM2-135M, LoRA rank 16 on all linear layers, rows of {args.tokens} tokens, {args.threads} threads")
    print("| gradient checkpointing | kolm tok/s | PyTorch tok/s | ratio | kolm MiB | PyTorch MiB | ratio |\n|---|---|---|---|---|---|---|")
    for mode in ["recompute", "keep"]:
        speeds, peaks = {"kolm": [], "torch": []}, {"kolm": 0, "torch": 0}
        for _ in range(args.rounds):
            for name, command in [("kolm", kolm), ("torch", torch)]:
                rates, peak = measure([*command, MODEL, args.tokens, args.steps, mode, args.threads])
                speeds[name] += rates
                peaks[name] = max(peaks[name], peak)
        a, b = statistics.median(speeds["kolm"]), statistics.median(speeds["torch"])
        print(f"| {'yes' if mode == 'recompute' else 'no'} | {a:.0f} | {b:.0f} | {a / b:.2f} | {peaks['kolm']} | {peaks['torch']} "
              f"| {peaks['kolm'] / peaks['torch']:.2f} |", flush=True)


main()
