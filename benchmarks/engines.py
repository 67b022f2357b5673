"""Processes that run one round of a test per line: kolm and llama.cpp behind one protocol."""
import json
import subprocess
import sys
import time
from pathlib import Path

import machine
from environment import KOLM, fail


class Engine:
    """An engine that stays alive, so that rounds alternate with compiled code.

    In: a test as a JSON string per line. Out: a JSON object when loaded, and one per line of input.
    """

    def __init__(self, name, command, environment=None):
        self.name = name
        self.process = subprocess.Popen([str(c) for c in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1, env=environment)
        self.ready = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            fail(f"{self.name} ended: exit code {self.process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            fail(f"{self.name}: {answer['error']}")
        return answer

    def ask(self, request):
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def round(self, test):
        """Tokens per second."""
        return self.ask(test)["tokens_per_second"]

    def warm_up(self, test, seconds):
        """Repeats a test for a time, at least twice: a just-in-time compiler has to see it often enough."""
        end = time.monotonic() + seconds
        rounds = 0
        while rounds < 2 or time.monotonic() < end:
            self.round(test)
            rounds += 1

    @property
    def memory(self):
        """Resident MiB."""
        return machine.memory(self.process.pid)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def kolm(model, threads, tests, kernels):
    """kolm bench; `tests` tells it how long a context to allocate."""
    flags = ["--on-demand", "--fast-prompts", "--threads", threads, "--tests", ",".join(tests), "--kernels", kernels]
    return Engine("kolm", [KOLM, "bench", model, *flags])


def llama_cpp(build, model, threads):
    """llama_decode itself, called from Python."""
    script = Path(__file__).with_name("llama_cpp_rounds.py")
    return Engine("llama.cpp", [sys.executable, script, model, threads], build.environment)


def kernels(model, threads, wanted):
    """The name of the kernels that kolm takes for a model."""
    engine = kolm(model, threads, ["pp1"], wanted)
    engine.close()
    return engine.ready["kernels"]["name"]
