#!/usr/bin/env python3
"""The whole loop without the network: capture, distill, serve, eval, against a scripted cloud.

    python3 scripts/loop.py [--conversations 480] [--cases 200] [--epochs 1] [--only extract|digest]

Traffic goes from the unmodified `openai` client through `kolm capture` to a server on this machine
that answers as a provider would (loop_cloud.py). SmolLM2-135M-Instruct is distilled on it, served,
and compared with that provider. Two tasks: one that can be learned, which the gate has to let pass,
and one that cannot, which it has to refuse. Exit code 0: both came out so. The base has to be in the
store (kolm pull smollm2-135m-instruct); nothing else is fetched, apart from the package openai where
it is not installed.

What was interrupted goes on: captures are kept in --home, training resumes at its checkpoint.
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
        self.figures = {"task": task}

    def command(self, *arguments):
        return [*shlex.split(self.options.kolm), *map(str, arguments)]

    def run(self, *arguments):
        """Runs a command to its end; tells what it says; returns exit code, output and seconds."""
        print("$ kolm", *arguments, flush=True)
        begun = time.time()
        done = subprocess.run(self.command(*arguments), env=self.environment, text=True, stdout=subprocess.PIPE)
        print(done.stdout, end="", flush=True)
        return done.returncode, done.stdout, time.time() - begun

    def server(self, *arguments):
        """Starts a server; returns the process and its port."""
        print("$ kolm", *arguments, flush=True)
        process = subprocess.Popen(
            self.command(*arguments, "--port", 0), env=self.environment, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        for line in process.stdout:
            found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
            if found:
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return process, int(found.group(1))
        raise RuntimeError("kolm %s did not start" % arguments[0])

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
        """Sends all conversations, eight at a time."""
        import openai

        if (self.home / "captures" / "notes").exists():
            print("captures of an earlier run are taken", flush=True)
            return
        begun = time.time()
        process, port = self.server("capture", "--provider", "cloud=" + self.cloud.base, "--as", "notes")
        client = openai.OpenAI(base_url="http://127.0.0.1:%d/v1/capture" % port, api_key="sk-loop", max_retries=8)

        def ask(seed):
            text, expected = loop_cloud.note(self.task, seed)
            reply = client.chat.completions.create(model="big-1", messages=self.messages(text), temperature=0)
            assert reply.choices[0].message.content == expected, "the relay changed an answer"

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, range(self.options.conversations)))
        self.stop(process)
        self.figures["capture_s"] = round(time.time() - begun, 1)
        self.run("captures", "stats")

    def distill(self, *more):
        code, out, seconds = self.run(
            "distill", "--namespace", "notes", "--out", self.artifact, "--bases", self.options.base, "--rate",
            "1e-3", "--tokens-per-step", 1024, "--max-length", 512, "--json", *more)
        if code != 0:
            sys.exit("distill ended with %d" % code)
        report = json.loads(out)
        self.figures.update(
            distill_s=round(seconds, 1), examples=report["train"], holdout=report["holdout_score"],
            bytes=report["bytes"])

    def serve(self):
        """One answer of the artifact, through the same client."""
        import openai

        process, port = self.server("serve", self.artifact)
        client = openai.OpenAI(base_url="http://127.0.0.1:%d/v1" % port, api_key="none", timeout=120)
        text, expected = loop_cloud.note(self.task, 10_000_000)
        reply = client.chat.completions.create(model=self.artifact.name, messages=self.messages(text), temperature=0)
        print("served:", reply.choices[0].message.content, "  expected:", expected, flush=True)
        self.stop(process)

    def eval(self):
        """Cases that nobody has captured, with the right answers; returns the exit code."""
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
        self.figures.update(eval_s=round(seconds, 1), eval_exit=code)
        return code

    def whole(self, *flags):
        self.base()
        self.capture()
        self.distill(*flags)
        self.serve()
        code = self.eval()
        self.cloud.close()
        print(json.dumps(self.figures), flush=True)
        return code


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
    parser.add_argument("--only", choices=sorted(loop_cloud.SYSTEM))
    parser.add_argument("--package", default="openai==2.33.0")
    options = parser.parse_args()
    with_package(options.package)
    failed = []
    if options.only in (None, "extract"):
        if Loop("extract", options).whole("--epochs", options.epochs) != 0:
            failed.append("extract: the gate did not let it pass")
    if options.only in (None, "digest"):
        options.conversations = options.conversations // 2
        options.cases = options.cases // 2
        if Loop("digest", options).whole("--epochs", 1, "--allow-small") != 2:
            failed.append("digest: the gate did not refuse it")
    print("\n".join(failed) or "came out as it must", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
