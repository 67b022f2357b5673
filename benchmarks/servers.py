"""kolm serve and llama-server as processes that answer over HTTP."""
import asyncio
import json
import socket
import subprocess
import time

import aiohttp

import machine
from environment import KOLM, fail

# Seconds until a server has to have answered its first request.
START_TIMEOUT = 120
# Seconds between two attempts meanwhile.
POLL = 0.005
SLOTS = 16
CONTEXT = 512


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def kolm_command(model, threads, kernels):
    return [KOLM, "serve", model, "--fast-prompts", "--threads", threads, "--kernels", kernels, "--port"]


def llama_server_command(build, model, threads):
    """Sixteen slots of 512 tokens, continuous batching, and otherwise its defaults."""
    return [build.server, "-m", model, "-t", threads, "-np", SLOTS, "-c", SLOTS * CONTEXT, "-cb", "--host", "127.0.0.1", "--port"]


class Server:
    """A server process that serves the file `model`. `command` ends where the port is to follow."""

    def __init__(self, name, command, model, log):
        self.name, self.model = name, model.name
        self.port = free_port()
        self.started = time.perf_counter()
        self.log = open(log, "ab")  # noqa: SIM115: as long as the process
        self.process = subprocess.Popen([str(c) for c in [*command, self.port]], stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/v1/chat/completions"

    @property
    def memory(self):
        """Resident MiB."""
        return machine.memory(self.process.pid)

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Answer:
    """One streamed answer: when its pieces came, in seconds after the request was sent."""

    def __init__(self):
        self.times, self.usage, self.done = [], {}, False

    @property
    def first(self):
        return self.times[0]

    @property
    def gaps(self):
        return [b - a for a, b in zip(self.times, self.times[1:])]


class Refused(Exception):
    """The server is not ready, or does not want this request."""


async def ask(session, server, messages, max_tokens):
    """Streams one answer, greedy, that goes on past the model's end."""
    body = {"model": server.model, "messages": messages, "max_tokens": max_tokens, "temperature": 0, "ignore_eos": True, "stream": True,
            "stream_options": {"include_usage": True}}
    answer = Answer()
    start = time.perf_counter()
    async with session.post(server.url, json=body) as response:
        if response.status != 200:
            raise Refused(f"HTTP {response.status}: {(await response.text())[:200]}")
        async for line in response.content:
            now = time.perf_counter() - start
            if not line.startswith(b"data:"):
                continue
            data = line[5:].strip()
            if data == b"[DONE]":
                answer.done = True
                continue
            event = json.loads(data)
            answer.usage = event.get("usage") or answer.usage
            if any(choice.get("delta", {}).get("content") for choice in event.get("choices", [])):
                answer.times.append(now)
    if not answer.done or not answer.times:
        raise Refused("the stream ended before its end")
    return answer


async def first_answer(server, messages):
    """Asks again and again until the server has started; returns seconds from its start to the first token."""
    async with aiohttp.ClientSession() as session:
        while time.perf_counter() - server.started < START_TIMEOUT:
            if server.process.poll() is not None:
                fail(f"{server.name} ended: exit code {server.process.returncode} (see {server.log.name})")
            asked = time.perf_counter()
            try:
                answer = await ask(session, server, messages, 1)
                return asked + answer.first - server.started
            except (aiohttp.ClientError, Refused):
                await asyncio.sleep(POLL)
    fail(f"{server.name} has not started after {START_TIMEOUT} s (see {server.log.name})")
