#!/usr/bin/env python3
"""Golden data for chat templates: what jinja2, set up as transformers does, makes of them.

    gen_templates.py --templates DIR --out DIR        writes snippets.json and rendered.json
    gen_templates.py --templates DIR --out DIR --show TEMPLATE/CONVERSATION/VARIANT
                                                      prints one rendering, to compare with a failing test

DIR of the templates is models/templates of llama.cpp (scripts/fetch_reference.py fetches it); DIR of the output is
kolm-core/src/test/resources/golden/templates, which holds conversations.json, written by hand, and the templates whose
licence lets them be kept there. Renderings are stored as hash and length only, since many templates may not be copied.
"""
import argparse
import datetime
import hashlib
import json
import sys
from pathlib import Path

from transformers.utils import chat_template_utils

from common import sha256, versions, write_json
from template_snippets import CONTEXT, EXPRESSIONS, STATEMENTS

NOW = datetime.datetime(2026, 3, 7, 14, 5, 9)
TOKENS = {"bos_token": "<|bos|>", "eos_token": "<|eos|>"}
# What each conversation is rendered with; the names of the variants are keys of the results.
VARIANTS = {
    "plain": {"add_generation_prompt": False},
    "prompt": {"add_generation_prompt": True},
    "think": {"add_generation_prompt": True, "enable_thinking": True},
    "tools": {"add_generation_prompt": False, "tools": True},
    "tools-prompt": {"add_generation_prompt": True, "tools": True},
    "tools-nothink": {"add_generation_prompt": True, "tools": True, "enable_thinking": False},
    "effort": {"add_generation_prompt": True, "thinking": True, "reasoning_effort": "high"},
}


class FixedClock(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return NOW


def fault(error):
    return f"!{type(error).__name__}: {error}"


def snippets():
    """[template, text or "!Error: message"]; a template that cannot even be read has the error too."""
    rows = []
    sources = ["{{ " + expression + " }}" for expression in EXPRESSIONS.strip("\n").split("\n")] + STATEMENTS
    for source in sources:
        try:
            template = chat_template_utils._compile_jinja_template(source)
            rows.append([source, template.render(**json.loads(json.dumps(CONTEXT)))])
        except Exception as error:  # whatever it is, the other side has to refuse too
            rows.append([source, fault(error)])
    return rows


def messages(conversation):
    """The messages as transformers wants them: arguments parsed."""
    out = json.loads(json.dumps(conversation["messages"]))
    for message in out:
        for call in message.get("tool_calls", []):
            call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    return out


def render(source, conversation, tools, variant):
    options = dict(VARIANTS[variant])
    given = tools[conversation["tools"]] if options.pop("tools", False) else None
    rendered, _ = chat_template_utils.render_jinja_template(
        [messages(conversation)], tools=given, chat_template=source, **TOKENS, **options)
    return rendered[0]


def digest(text):
    data = text.encode()
    return f"{hashlib.sha256(data).hexdigest()[:24]}:{len(data)}"


def results(source, data):
    rows = {}
    for conversation in data["conversations"]:
        row = []
        for variant in VARIANTS:
            try:
                row.append(digest(render(source, conversation, data["tools"], variant)))
            except Exception as error:
                row.append(fault(error))
        rows[conversation["name"]] = row
    return rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--templates", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--show")
    args = parser.parse_args()
    chat_template_utils.datetime = FixedClock
    data = json.loads((args.out / "conversations.json").read_text(encoding="utf-8"))
    files = {p.stem: p for folder in (args.templates, args.out / "templates") for p in sorted(folder.glob("*.jinja"))}
    if args.show:
        name, conversation, variant = args.show.split("/")
        chosen = next(c for c in data["conversations"] if c["name"] == conversation)
        sys.stdout.write(render(files[name].read_text(encoding="utf-8"), chosen, data["tools"], variant))
        return
    stated = versions("jinja2", "transformers")
    write_json(args.out / "snippets.json", {"versions": stated, "now": NOW.isoformat(), "context": CONTEXT, "snippets": snippets()}, "snippets")
    rows = [{"name": name, "sha256": sha256(path), "results": results(path.read_text(encoding="utf-8"), data)} for name, path in files.items()]
    write_json(args.out / "rendered.json", {"versions": stated, "now": NOW.isoformat(), "tokens": TOKENS, "variants": VARIANTS, "templates": rows}, "templates")
    print(len(rows), "templates,", sum(len(r) for t in rows for r in t["results"].values()), "renderings")


if __name__ == "__main__":
    main()
