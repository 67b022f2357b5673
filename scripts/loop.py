#!/usr/bin/env python3
"""The whole loop without the network: capture, distill, serve, eval, against a scripted cloud.

    python3 scripts/loop.py [--conversations 480] [--cases 200] [--epochs 1] [--only extract|digest]

Traffic goes from the unmodified `openai` client through `kolm capture` to a server on this machine
that answers as a provider would (loop_cloud.py). SmolLM2-135M-Instruct is distilled on it, served,
and compared with that provider. Two tasks: one that can be learned, which the gate has to let pass,
and one that cannot, which it has to refuse. Exit code 0: both came out so. The base has to be in the
store (kolm pull smollm2-135m-instruct); nothing else is fetched, apart from the package openai where
it is not installed.

What was interrupted goes on where it was: what is done is written down in --home, training resumes at its
checkpoint. Give the same command again, or delete --home to begin anew.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

import loop_cloud
from openai_client_check import with_package

ROOT = pathlib.Path(__file__).resolve().parent.parent


class Loop:
    """One task, with a directory of its own for all that kolm keeps."""

    def __init__(self, task, options):
        self.task = task
        self.options = options
        self.home = pathlib.Path(options.home).resolve() / task
        self.home.mkdir(parents=True, exist_ok=True)
        self.environment = dict(os.environ, KOLM_HOME=str(self.home))
        self.cloud = loop_cloud.Cloud(task, options.latency)
        self.artifact = self.home / "artifacts" / "notes.kolm"
        self.progress = self.home / "progress.json"
        self.figures = json.loads(self.progress.read_text()) if self.progress.exists() else {"task": task}

    def done(self, **figures):
        """Writes down that a step is done, and what came of it."""
        self.figures.update(figures)
        part = self.progress.with_suffix(".part")
        part.write_text(json.dumps(self.figures))
        part.replace(self.progress)

    def command(self, *arguments):
        return [*shlex.split(self.options.kolm), *map(str, arguments)]

    def run(self, *arguments):
        """Runs a command to its end; tells what it says; returns exit code, output and seconds."""
        print("$ kolm", *arguments, flush=True)
        begun = time.time()
        with subprocess.Popen(
                self.command(*arguments), env=self.environment, text=True, stdout=subprocess.PIPE) as process:
            try:
                out = process.stdout.read()
            except SystemExit:
                process.terminate()
                raise
        print(out, end="", flush=True)
        return process.returncode, out, time.time() - begun

    def server(self, *arguments):
        """Starts a server; returns the process and its port."""
        print("$ kolm", *arguments, flush=True)
        process = subprocess.Popen(
            self.command(*arguments, "--port", 0), env=self.environment, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        said = []
        for line in process.stdout:
            said.append(line)
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return process, int(found.group(1))
        sys.exit("kolm %s did not start:\n%s" % (arguments[0], "".join(said)))

    @staticmethod
    def stop(process):
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)

    def base(self):
        """The base, from the store of the user."""
        store = pathlib.Path(self.options.store).expanduser()
        name = self.options.base + ".kolm"
        if not (store / "artifacts" / name).exists():
            sys.exit("%s is not in %s: kolm pull %s" % (name, store / "artifacts", self.options.base))
        (self.home / "artifacts").mkdir(exist_ok=True)
        target = self.home / "artifacts" / name
        if not target.exists():
            target.hardlink_to(store / "artifacts" / name)
        for key in (store / "trust").glob("*"):
            (self.home / "trust").mkdir(exist_ok=True)
            (self.home / "trust" / key.name).write_bytes(key.read_bytes())

    def messages(self, text):
        return [{"role": "system", "content": loop_cloud.SYSTEM[self.task]}, {"role": "user", "content": text}]

    def capture(self):
        """Sends all conversations that were not sent before, eight at a time."""
        if "captured" in self.figures:
            print("%d captures of an earlier run are taken" % self.figures["captured"], flush=True)
            return
        import openai

        sent = self.home / "sent"
        before = set(map(int, sent.read_text().split())) if sent.exists() else set()
        missing = [seed for seed in range(self.options.conversations) if seed not in before]
        begun = time.time()
        process, port = self.server("capture", "--provider", "cloud=" + self.cloud.base, "--as", "notes")
        client = openai.OpenAI(base_url="http://127.0.0.1:%d/v1/capture" % port, api_key="sk-loop", max_retries=8)

        def ask(seed):
            text, expected = loop_cloud.note(self.task, seed)
            reply = client.chat.completions.create(model="big-1", messages=self.messages(text), temperature=0)
            assert reply.choices[0].message.content == expected, "the relay changed an answer"
            return seed

        try:
            with concurrent.futures.ThreadPoolExecutor(8) as pool, sent.open("a") as out:
                for seed in pool.map(ask, missing):
                    print(seed, file=out, flush=True)
        finally:
            self.stop(process)
        self.done(captured=self.options.conversations, capture_s=round(time.time() - begun, 1))
        self.run("captures", "stats")

    def distill(self, *more):
        if "train_s" in self.figures:
            print("the artifact of an earlier run is taken", flush=True)
            return
        code, out, seconds = self.run(
            "distill", "--namespace", "notes", "--out", self.artifact, "--bases", self.options.base, "--rate",
            "1e-3", "--tokens-per-step", 1024, "--max-length", 512, "--json", *more)
        if code != 0:
            sys.exit("distill ended with %d" % code)
        report = json.loads(out)
        self.done(
            distill_s=round(seconds, 1), examples=report["train"], holdout=report["holdout_score"],
            bytes=report["bytes"], **self.trained())

    def trained(self):
        """Steps and their seconds, those of interrupted runs included."""
        rows = [row.split(",") for log in (self.home / "runs").glob("*/*/loss.csv")
                for row in log.read_text().splitlines()[1:]]
        return {"steps": len(rows), "train_s": round(sum(float(row[-1]) for row in rows), 1)}

    def serve(self):
        """One answer of the artifact, through the same client."""
        import openai

        process, port = self.server("serve", self.artifact)
        client = openai.OpenAI(base_url="http://127.0.0.1:%d/v1" % port, api_key="none", timeout=120)
        text, expected = loop_cloud.note(self.task, 10_000_000)
        try:
            reply = client.chat.completions.create(
                model=self.artifact.name, messages=self.messages(text), temperature=0)
            print("served:", reply.choices[0].message.content, "  expected:", expected, flush=True)
        finally:
            self.stop(process)

    def eval(self):
        """Cases that nobody has captured, with the right answers; returns the exit code."""
        if "eval_exit" in self.figures:
            return self.figures["eval_exit"]
        cases = self.home / "cases.jsonl"
        with cases.open("w") as out:
            for i in range(self.options.cases):
                text, expected = loop_cloud.note(self.task, 1_000_000 + i)
                out.write(json.dumps({
                    "id": "case-%d" % i, "messages": self.messages(text), "params": {"max_tokens": 60},
                    "expected": {"text": expected}, "source": "human"}) + "\n")
        code, out, seconds = self.run(
            "eval", self.artifact, "--evals", cases, "--baseline", "cloud:big-1", "--provider",
            "cloud=" + self.cloud.base, "--price", "0.15,0.60")
        if code not in (0, 2):
            sys.exit("eval ended with %d" % code)
        self.done(eval_s=round(seconds, 1), eval_exit=code, gate=out.strip().splitlines()[-1])
        return code

    def whole(self, *flags):
        self.base()
        self.capture()
        self.distill(*flags)
        if "eval_exit" not in self.figures:
            self.serve()
        code = self.eval()
        self.cloud.close()
        print(json.dumps(self.figures), flush=True)
        return code

    def verdict(self, expected):
        """A line for the end; whether the gate said what it has to say."""
        own = self.figures
        seconds = own["capture_s"] + own["train_s"] + own["eval_s"]
        right = own["eval_exit"] == expected
        print("%-8s %d conversations in %.0f s, %d steps in %.0f s, eval in %.0f s, together %.1f min: gate %s, %s" % (
            self.task, own["captured"], own["capture_s"], own["steps"], own["train_s"], own["eval_s"], seconds / 60,
            own["gate"], "as it has to be" if right else "WRONG"), flush=True)
        return right


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kolm", default=str(ROOT / "kolm"), help="the command; default: ./kolm of this project")
    parser.add_argument("--home", default=str(ROOT / "target" / "loop"), help="where everything is kept")
    parser.add_argument("--store", default=os.environ.get("KOLM_HOME", "~/.kolm"), help="where the base is")
    parser.add_argument("--base", default="smollm2-135m-instruct")
    parser.add_argument("--conversations", type=int, default=480)
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--latency", type=float, default=0.4, help="the longest wait for the cloud, in seconds")
    parser.add_argument("--only", choices=["extract", "digest"])
    parser.add_argument("--package", default="openai==2.33.0")
    options = parser.parse_args()
    with_package(options.package)
    # Whoever ends this ends what it has started, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    done = []
    if options.only in (None, "extract"):
        loop = Loop("extract", options)
        loop.whole("--epochs", options.epochs)
        done.append((loop, 0))
    if options.only in (None, "digest"):
        options.conversations = options.conversations // 2
        options.cases = options.cases // 2
        loop = Loop("digest", options)
        loop.whole("--epochs", 1, "--allow-small")
        done.append((loop, 2))
    return 0 if all([loop.verdict(expected) for loop, expected in done]) else 1


if __name__ == "__main__":
    sys.exit(main())
