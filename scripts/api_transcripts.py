#!/usr/bin/env python3
"""Writes docs/api.md: what curl shows of each endpoint of a running server.

    kolm serve smollm2-135m-instruct --embed DIR_OF_MINILM --port 8765
    python3 scripts/api_transcripts.py http://127.0.0.1:8765

Long values (vectors, receipts, lists of numbers for Prometheus) are cut, and marked so.
"""

import json
import pathlib
import re
import subprocess
import sys

PLACE = pathlib.Path(__file__).resolve().parent.parent / "docs" / "api.md"
SHOWN = "http://127.0.0.1:8765"
USER = [{"role": "user", "content": "Write one short sentence about the sea."}]
CITY = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 24}, "capital": {"type": "boolean"}},
    "required": ["name", "capital"],
    "additionalProperties": False,
}


def requests(model, embedder):
    """Title, path and body; None: GET."""
    base = {"model": model, "max_tokens": 24, "seed": 1}
    tool = {"name": "get_weather", "description": "Gets the weather.", "parameters": {
        "type": "object", "properties": {"city": {"type": "string", "maxLength": 20}}, "required": ["city"]}}
    chat = {**base, "messages": USER}
    yield "Chat", "/v1/chat/completions", chat
    yield "Chat, as a stream", "/v1/chat/completions", {
        **chat, "max_tokens": 3, "stream": True, "stream_options": {"include_usage": True}}
    yield "Chat, with a schema", "/v1/chat/completions", {**chat, "max_tokens": 60, "response_format": {
        "type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}}
    yield "Chat, with a tool", "/v1/chat/completions", {
        **chat, "max_tokens": 60, "tools": [{"type": "function", "function": tool}], "tool_choice": "required"}
    yield "Chat, refused", "/v1/chat/completions", {**chat, "temperature": 3}
    yield "Completions", "/v1/completions", {
        **base, "prompt": "The sea is", "max_tokens": 2, "echo": True, "logprobs": 1}
    yield "Responses", "/v1/responses", {"model": model, "input": "Say hello.", "max_output_tokens": 24}
    yield "Responses, as a stream", "/v1/responses", {
        "model": model, "input": "Say hello.", "max_output_tokens": 16, "stream": True}
    if embedder:
        yield "Embeddings", "/v1/embeddings", {"model": embedder, "input": ["The sea"]}
    yield "Models", "/v1/models", None
    yield "What is not served", "/v1/files", None
    yield "Health", "/healthz", None
    yield "Readiness", "/readyz", None
    yield "Info", "/v1/kolm/info", None
    yield "Keys of receipts", "/v1/receipts/keys", None
    yield "Metrics", "/metrics", None


def curl(base, path, body):
    command = ["curl", "-s", "-i", base + path]
    if body is not None:
        command += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    head, _, content = out.replace("\r\n", "\n").partition("\n\n")
    return head.replace("\r", "").splitlines()[0], content


def shortened(content, stream):
    content = re.sub(r"(kolm-receipt ey.{20})\S+", r"\1...", content)
    content = re.sub(r"(\[(?:-?[0-9.eE-]+,){4})(?:-?[0-9.eE-]+,?){20,}\]", r'\1 "..."]', content)
    if content.startswith("# HELP"):
        lines = [line for line in content.splitlines() if not line.startswith("#")]
        return "\n".join(lines[:6] + [f"... {len(lines) - 6} more"])
    if stream or not content.startswith("{"):
        return content.strip()
    try:
        return json.dumps(json.loads(content), indent=2, ensure_ascii=False)
    except ValueError:
        return content.strip()


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    base = sys.argv[1].rstrip("/")
    models = [model["id"] for model in json.loads(curl(base, "/v1/models", None)[1])["data"]]
    text = ["# The API, as curl shows it", "",
            "Written by `scripts/api_transcripts.py` from a running server; long values are cut.", ""]
    for title, path, body in requests(models[0], models[1] if len(models) > 1 else None):
        status, content = curl(base, path, body)
        data = "" if body is None else " -H 'Content-Type: application/json' -d '" + json.dumps(body) + "'"
        text += [f"## {title}", "", "```", f"$ curl {SHOWN}{path}{data}", status, "",
                 shortened(content, bool(body and body.get("stream"))), "```", ""]
    PLACE.write_text("\n".join(text))
    print(f"wrote {PLACE}")


if __name__ == "__main__":
    main()
