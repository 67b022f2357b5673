#!/usr/bin/env python3
"""Asks a running kolm server everything it answers, through the unmodified `openai` package.

    python3 scripts/openai_client_check.py http://127.0.0.1:8765/v1 [--model ID] [--package openai==2.33.0]

Where the package is missing it is installed with pip into a virtual environment of its own, under
~/.kolm/cache. Prints one line for each check; exit code 0: all passed, 1: something did not.
"""

import argparse
import base64
import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import urllib.request
import venv

MESSAGES = [{"role": "user", "content": "Write one sentence about the sea."}]


def with_package(package):
    """Continues in an environment that has the package."""
    home = pathlib.Path(os.environ.get("KOLM_HOME") or pathlib.Path.home() / ".kolm")
    name = "".join(c if c.isalnum() else "-" for c in package + " jwcrypto")
    place = home / "cache" / ("python-" + name)
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    if pathlib.Path(sys.prefix) == place:
        return
    if not (place / "installed").exists():
        venv.create(place, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", package, "jwcrypto"], check=True)
        (place / "installed").touch()
    sys.exit(subprocess.run([python, *sys.argv]).returncode)


class Checks:
    """Runs checks by name and counts those that fail."""

    def __init__(self):
        self.failed = 0

    def run(self, name, check, *arguments):
        try:
            told = check(*arguments)
            print(f"ok      {name}" + (f": {told}" if told else ""), flush=True)
        except Exception as e:  # whatever it is, the next check still runs
            self.failed += 1
            print(f"FAILED  {name}: {type(e).__name__}: {e}", flush=True)


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


class Client:
    """The checks, each a method."""

    def __init__(self, openai, base_url, model):
        self.openai = openai
        self.client = openai.OpenAI(base_url=base_url, api_key="none", max_retries=0)
        self.model = model or self.client.models.list().data[0].id

    def ask(self, **more):
        fields = {"model": self.model, "messages": MESSAGES, "max_tokens": 24}
        return self.client.chat.completions.create(**{**fields, **more})

    def models(self):
        ids = [model.id for model in self.client.models.list()]
        expect(self.model in ids, f"{self.model} is not in {ids}")
        one = self.client.models.retrieve(self.model)
        expect(one.id == self.model and one.object == "model", repr(one))
        return ", ".join(ids)

    def plain(self):
        answer = self.ask()
        choice = answer.choices[0]
        expect(choice.message.role == "assistant" and choice.message.content, repr(answer))
        expect(choice.finish_reason in ("stop", "length"), choice.finish_reason)
        expect(0 < answer.usage.completion_tokens <= 24, repr(answer.usage))
        expect(answer.created and answer.system_fingerprint, repr(answer))
        return repr(choice.message.content)

    def raw_headers(self):
        raw = self.client.chat.completions.with_raw_response.create(
            model=self.model, messages=MESSAGES, max_tokens=1, extra_body={"no_such_field": 1}
        )
        expect(raw.headers.get("x-request-id", "").startswith("rcpt_"), repr(raw.headers))
        expect(raw.headers.get("x-kolm-ignored") == "no_such_field", repr(raw.headers))

    def receipts(self):
        """The receipts of a plain answer and of a stream, verified by a library for JOSE."""
        from jwcrypto import jwk, jws

        base = str(self.client.base_url)
        with urllib.request.urlopen(base + "receipts/keys") as response:
            keys = jwk.JWKSet.from_json(response.read().decode())

        def verified(receipt):
            token = jws.JWS()
            token.allowed_algs = ["EdDSA"]
            token.deserialize(receipt)
            token.verify(keys.get_key(token.jose_header["kid"]))
            return json.loads(token.payload)

        def digest(data):
            return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")

        create = self.client.chat.completions.with_raw_response.create
        raw = create(model=self.model, messages=MESSAGES, max_tokens=4)
        plain = verified(raw.headers["x-kolm-receipt"])
        expect(plain["res"] == digest(raw.content), "the receipt is of another response")
        content = raw.parse().choices[0].message.content
        answer = json.dumps([{"content": content, "tool_calls": []}], separators=(",", ":"), ensure_ascii=False)
        expect(plain["out"] == digest(answer.encode()), "the receipt is of another answer")
        raw = create(model=self.model, messages=MESSAGES, max_tokens=4, stream=True)
        events = list(raw.parse())
        expect(events, "no events")
        opened = verified(raw.headers["x-kolm-receipt"])
        with urllib.request.urlopen(base + "receipts/" + opened["id"]) as response:
            final = verified(response.read().decode())
        expect(opened["phase"] == "open" and final["phase"] == "final", repr(final))
        expect(final["open"] == digest(raw.headers["x-kolm-receipt"].encode()), repr(final))
        return f"{plain['id']}, artifact {plain.get('cid')}"

    def streamed(self):
        chunks = list(self.ask(stream=True, stream_options={"include_usage": True}))
        expect(chunks[0].choices[0].delta.role == "assistant", repr(chunks[0]))
        expect(not chunks[-1].choices and chunks[-1].usage.total_tokens, repr(chunks[-1]))
        reasons = [c.choices[0].finish_reason for c in chunks[:-1] if c.choices[0].finish_reason]
        expect(len(reasons) == 1, repr(reasons))
        return f"{len(chunks)} chunks"

    def stream_helper(self):
        # The helper refuses answers that were cut at max_tokens: these end with their sentence.
        fields = {"model": self.model, "messages": MESSAGES, "stop": ".", "seed": 5}
        with self.client.chat.completions.stream(n=2, **fields) as stream:
            for _ in stream:
                pass
            final = stream.get_final_completion()
        whole = self.client.chat.completions.create(n=2, **fields)
        texts = [choice.message.content for choice in final.choices]
        expect(texts == [choice.message.content for choice in whole.choices], repr(texts))

    def choices(self):
        answer = self.ask(n=2, seed=1, temperature=1)
        expect([choice.index for choice in answer.choices] == [0, 1], repr(answer))
        expect(len({choice.message.content for choice in answer.choices}) == 2, repr(answer))

    def stop(self):
        free = self.ask(temperature=0).choices[0].message.content
        middle = free[len(free) // 2 : len(free) // 2 + 3]
        for form in (middle, ["\x00 never", middle]):
            cut = self.ask(temperature=0, stop=form).choices[0]
            expect(cut.finish_reason == "stop", cut.finish_reason)
            expect(cut.message.content == free[: free.index(middle)], repr(cut.message.content))
        return repr(middle)

    def seed(self):
        def text(seed):
            return self.ask(seed=seed, temperature=1.5).choices[0].message.content

        expect(text(7) == text(7), "the same seed gave another answer")
        expect(text(7) != text(8), "another seed gave the same answer")

    def logprobs(self):
        choice = self.ask(logprobs=True, top_logprobs=2).choices[0]
        entries = choice.logprobs.content
        content = b"".join(bytes(entry.bytes or []) for entry in entries).decode()
        expect(content == choice.message.content, repr(content))
        expect(all(len(entry.top_logprobs) == 2 for entry in entries), "not two alternatives")
        expect(all(entry.logprob <= 0 for entry in entries), "a probability above one")

    def together(self):
        fields = {"temperature": 1, "max_tokens": 12}
        alone = [self.ask(seed=s, **fields).choices[0].message.content for s in range(4)]
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            both = list(pool.map(lambda s: self.ask(seed=s % 4, **fields), range(8)))
        texts = [answer.choices[0].message.content for answer in both]
        expect(texts == alone + alone, "answers differ when they are made together")

    def parsed(self):
        import pydantic

        class City(pydantic.BaseModel):
            name: str = pydantic.Field(max_length=24)
            inhabitants: int = pydantic.Field(ge=0, le=100_000_000)
            capital: bool

        messages = [{"role": "user", "content": "Describe Oslo as JSON."}]
        fields = {"model": self.model, "messages": messages, "temperature": 1, "max_tokens": 250}
        for seed in range(4):
            answer = self.client.chat.completions.parse(
                response_format=City, seed=seed, **fields
            )
            expect(isinstance(answer.choices[0].message.parsed, City), repr(answer))
        with self.client.chat.completions.stream(response_format=City, **fields) as stream:
            for _ in stream:
                pass
            final = stream.get_final_completion()
        expect(isinstance(final.choices[0].message.parsed, City), repr(final))
        return repr(answer.choices[0].message.parsed)

    def json_object(self):
        answer = self.ask(response_format={"type": "json_object"}, max_tokens=200, temperature=1)
        choice = answer.choices[0]
        if choice.finish_reason == "stop":
            expect(isinstance(json.loads(choice.message.content), dict), choice.message.content)
        else:
            expect(choice.finish_reason == "length", choice.finish_reason)
        return choice.finish_reason

    TOOLS = [
        {
            "type": "function",
            "function": {
                "name": name,
                "description": f"Gets the {name.removeprefix('get_')} in a city.",
                "parameters": {
                    "type": "object",
                    "properties": {"city": {"type": "string", "maxLength": 20}},
                    "required": ["city"],
                    "additionalProperties": False,
                },
                "strict": True,
            },
        }
        for name in ("get_weather", "get_time")
    ]

    def tools_loop(self):
        messages = [{"role": "user", "content": "What is the weather in Oslo?"}]
        fields = {"model": self.model, "max_tokens": 200, "tools": self.TOOLS, "seed": 3}
        answer = self.client.chat.completions.create(
            messages=messages, tool_choice="required", **fields
        )
        choice = answer.choices[0]
        expect(choice.finish_reason == "tool_calls", choice.finish_reason)
        messages.append(choice.message)
        for call in choice.message.tool_calls:
            expect(call.function.name in ("get_weather", "get_time"), call.function.name)
            expect(list(json.loads(call.function.arguments)) == ["city"], call.function.arguments)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": "sunny"})
        last = self.client.chat.completions.create(messages=messages, tool_choice="none", **fields)
        expect(last.choices[0].message.content, repr(last))
        return f"{len(choice.message.tool_calls)} calls"

    def tools_streamed(self):
        named = {"type": "function", "function": {"name": "get_time"}}
        messages = [{"role": "user", "content": "What time is it in Rome?"}]
        fields = {"model": self.model, "messages": messages, "tools": self.TOOLS, "seed": 5}
        with self.client.chat.completions.stream(tool_choice=named, **fields) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_completion()
        expect("tool_calls.function.arguments.delta" in kinds, repr(set(kinds)))
        call = final.choices[0].message.tool_calls[0]
        expect(call.function.name == "get_time", call.function.name)
        expect(list(json.loads(call.function.arguments)) == ["city"], call.function.arguments)
        return call.function.arguments

    def completions(self):
        fields = {"model": self.model, "prompt": "The sea is", "max_tokens": 4, "seed": 1}
        answer = self.client.completions.create(echo=True, logprobs=1, **fields)
        choice = answer.choices[0]
        expect(choice.text.startswith("The sea is"), repr(choice.text))
        scores = choice.logprobs
        expect(len(scores.tokens) == len(scores.token_logprobs) == len(scores.text_offset), repr(scores))
        pieces = [chunk.choices[0].text for chunk in self.client.completions.create(stream=True, **fields)]
        expect("The sea is" + "".join(pieces) == choice.text, repr(pieces))
        return repr(choice.text)

    def responses(self):
        # The helper refuses a response that was cut, so this one has room to end.
        fields = {"model": self.model, "input": "Say hello.", "max_output_tokens": 400, "temperature": 0}
        whole = self.client.responses.create(**fields)
        expect(whole.output_text and whole.usage.output_tokens, repr(whole))
        with self.client.responses.stream(**fields) as stream:
            kinds = [event.type for event in stream]
            final = stream.get_final_response()
        expect(final.output_text == whole.output_text, repr(final.output_text))
        expect(kinds[0] == "response.created" and "response.output_text.delta" in kinds, repr(kinds))
        return repr(whole.output_text)

    def responses_parsed(self):
        import pydantic

        class City(pydantic.BaseModel):
            name: str = pydantic.Field(max_length=24)
            inhabitants: int = pydantic.Field(ge=0, le=100_000_000)

        answer = self.client.responses.parse(
            model=self.model, input="Describe Oslo as JSON.", text_format=City, max_output_tokens=200
        )
        expect(isinstance(answer.output_parsed, City), repr(answer))
        return repr(answer.output_parsed)

    def responses_tools(self):
        tools = [{"type": "function", **tool["function"]} for tool in self.TOOLS]
        items = [{"role": "user", "content": "What is the weather in Oslo?"}]
        fields = {"model": self.model, "tools": tools, "max_output_tokens": 200}
        answer = self.client.responses.create(input=items, tool_choice="required", **fields)
        calls = [item for item in answer.output if item.type == "function_call"]
        expect(calls, repr(answer))
        items += answer.output
        items += [{"type": "function_call_output", "call_id": call.call_id, "output": "sunny"} for call in calls]
        last = self.client.responses.create(input=items, tool_choice="none", **fields)
        expect(last.output_text, repr(last))
        return f"{len(calls)} calls"

    def embeddings(self, embedder):
        texts = ["A small boat", "The sea", "A small boat"]
        plain = self.client.embeddings.create(model=embedder, input=texts, encoding_format="float")
        coded = self.client.embeddings.create(model=embedder, input=texts)
        vectors = [item.embedding for item in plain.data]
        expect(vectors[0] == vectors[2] and vectors[0] != vectors[1], "wrong vectors")
        for a, b in zip(vectors, (item.embedding for item in coded.data)):
            expect(max(abs(x - y) for x, y in zip(a, b)) < 1e-6, "base64 differs")
        return f"{len(vectors[0])} numbers"

    def leaves(self):
        stream = self.ask(stream=True, max_tokens=1000)
        next(iter(stream))
        stream.close()
        self.ask(max_tokens=1)

    def refused(self, error, code, param, **fields):
        try:
            self.ask(**fields)
        except error as e:
            expect(e.code == code and e.param == param, f"code {e.code}, param {e.param}")
            expect(e.request_id, "no request id")
            return e.body["message"]
        raise AssertionError("was answered")

    def unknown_url(self):
        try:
            self.client.images.generate(prompt="x", model=self.model)
        except self.openai.NotFoundError as e:
            return e.body["message"]
        raise AssertionError("was answered")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base_url", help="such as http://127.0.0.1:8765/v1")
    parser.add_argument("--model", help="default: the first that the server lists")
    parser.add_argument("--embedder", help="a model that makes vectors; default: none is asked")
    parser.add_argument("--package", default="openai", help="what pip is to install")
    options = parser.parse_args()
    with_package(options.package)
    import openai

    print(f"openai {openai.__version__}, {options.base_url}", flush=True)
    client = Client(openai, options.base_url, options.model)
    checks = Checks()
    checks.run("models", client.models)
    checks.run("plain answer", client.plain)
    checks.run("headers", client.raw_headers)
    checks.run("receipts", client.receipts)
    checks.run("stream with usage", client.streamed)
    checks.run("stream helper, n=2", client.stream_helper)
    checks.run("n=2", client.choices)
    checks.run("stop", client.stop)
    checks.run("seed", client.seed)
    checks.run("logprobs", client.logprobs)
    checks.run("eight at a time", client.together)
    checks.run("parse, plain and streamed", client.parsed)
    checks.run("json_object", client.json_object)
    checks.run("tools loop", client.tools_loop)
    checks.run("tools, streamed", client.tools_streamed)
    checks.run("completions", client.completions)
    checks.run("responses", client.responses)
    checks.run("responses, parse", client.responses_parsed)
    checks.run("responses, tools loop", client.responses_tools)
    if options.embedder:
        checks.run("embeddings", client.embeddings, options.embedder)
    checks.run("leaving a stream", client.leaves)
    bad, unknown = openai.BadRequestError, openai.NotFoundError
    refusals = [
        ("unknown model", unknown, "model_not_found", None, {"model": "no-such-model"}),
        ("temperature 3", bad, "decimal_above_max_value", "temperature", {"temperature": 3}),
        ("no messages", bad, "empty_array", "messages", {"messages": []}),
        ("n=0", bad, "integer_below_min_value", "n", {"n": 0}),
        ("schema that is fetched", bad, None, "response_format",
         {"response_format": {"type": "json_schema", "json_schema": {
             "name": "x", "schema": {"$ref": "http://elsewhere/x"}}}}),
        ("tool schema", bad, "invalid_function_parameters", "tools[0].function.parameters",
         {"tools": [{"type": "function", "function": {
             "name": "f", "parameters": {"properties": {"a": {"type": "x"}}}}}]}),
        ("prompt too long", bad, "context_length_exceeded", "messages",
         {"messages": [{"role": "user", "content": "sea " * 300_000}]}),
    ]
    for name, error, code, param, fields in refusals:
        checks.run(name, lambda: client.refused(error, code, param, **fields))
    checks.run("what is not served", client.unknown_url)
    print("all passed" if checks.failed == 0 else f"{checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
