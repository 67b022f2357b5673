#!/usr/bin/env python3
"""Golden data for every architecture and RoPE variant, on tiny models with random weights.

    gen_tiny_models.py --llama-cpp DIR --llama-quantize FILE --text FILE --work DIR --out DIR [CASE...]

--llama-cpp is the source tree of llama.cpp, for its converter; --text trains the tokenizer. Models are made in --work, which
must not exist; what is kept goes to --out. The reference is transformers in float32 with eager attention; llama.cpp runs the
GGUF form of every model beside it. tiny_cases.py says what the cases are, tiny_models.py how weights are made.
"""
import argparse
import collections
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

import tiny_models as tiny
from common import Gguf, LlamaCpp, encode, json_tokenizer, llama_from_gguf, sha256, versions, write_json
from reference import compare, greedy, layer_stages, log_softmax, logits_of, margins, stats, top
from tiny_cases import CASES, CHATS, QUANTISED, SMALL_VOCAB, TEMPLATE, TEXTS, VOCAB

SPECIAL, ADDED = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], ["<tool_call>", "</tool_call>"]
LENGTHS = {"short": 5, "middle": 23, "long": 71}
STEPS, MARGIN, TOP = 32, 0.02, 5
SHOWS = 1e-3  # an ablation must change a log-probability by this much


# ---------------------------------------------------------------------------- tokenizer

def write_tokenizer(folder, text, size):
    """A byte-level BPE tokenizer that splits as SmolLM2's does, and the files beside it."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator([text], trainers.BpeTrainer(
        vocab_size=size - len(ADDED), special_tokens=SPECIAL, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    tok.add_tokens([AddedToken(t, normalized=False) for t in ADDED])
    assert tok.get_vocab_size() == size
    folder.mkdir(parents=True)
    files = {"tokenizer.json": json.loads(tok.to_str()),
             "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": SPECIAL[0], "eos_token": SPECIAL[2],
                                       "add_bos_token": False, "chat_template": TEMPLATE},
             "generation_config.json": {"bos_token_id": 0, "eos_token_id": [2, 0]}}
    for name, value in files.items():
        (folder / name).write_text(json.dumps(value, ensure_ascii=False) + "\n", encoding="utf-8")


# ---------------------------------------------------------------------------- cases

def sequences(vocab):
    """Random ids; the same for every model with this vocabulary."""
    rng = np.random.default_rng(vocab)
    return {name: rng.integers(0, vocab, n).tolist() for name, n in LENGTHS.items()}


def expected_rows(model, ids_by_name, label=None):
    """What a model computes for some sequences, and its log-probabilities of all positions."""
    rows, all_logprobs = [], {}
    for name, ids in ids_by_name.items():
        lp = log_softmax(logits_of(model, ids))
        all_logprobs[name] = lp
        row = {"name": name if label is None else f"{name}, {label}", "ids": ids, "next": [float(lp[i, t]) for i, t in enumerate(ids[1:])],
               "top5": top(lp, TOP), "last_top20": top(lp[-1:], 20)[0]}
        rows.append(row)
    return rows, all_logprobs


def distance(a, b):
    return max(float(np.abs(a[name] - b[name]).max()) for name in a)


def llama_cpp_logprobs(path, ids_by_name, columns, overrides=None):
    """llama.cpp with a float32 key-value cache. The wrapper would override the file's YaRN values unless told not to."""
    model = LlamaCpp(path, n_ctx=256, type_k=0, type_v=0, yarn_attn_factor=-1.0, yarn_beta_fast=-1.0, yarn_beta_slow=-1.0, kv_overrides=overrides)
    return {name: log_softmax(model.logits(ids)[:, :columns]) for name, ids in ids_by_name.items()}


def noise(model, ids_by_name, logprobs, stages):
    """The model in float64: how far float32 is from it."""
    exact = model.double()
    rows, _ = layer_stages(exact, ids_by_name["long"], {0})
    relative = [max(abs(a - b) for a, b in zip(r["last_first8"], s["last_first8"])) / s["last_std"] for r, s in zip(rows, stages)]
    result = {"logprob_delta_max": distance({n: log_softmax(logits_of(exact, ids)) for n, ids in ids_by_name.items()}, logprobs),
              "stage_delta_max": max(relative)}
    model.float()
    return result


def beside_llama_cpp(spec, gguf, ids, logprobs, state):
    """How far llama.cpp is: from transformers and, where it computes something else, from transformers told to do the same."""
    fields, vocab = spec["config"], spec["config"]["vocab_size"]
    theirs = llama_cpp_logprobs(gguf, ids, vocab)
    if "short" in spec:
        theirs |= llama_cpp_logprobs(gguf, {n: ids[n] for n in ("short", "middle")}, vocab, spec["short"])
    wide = gguf.with_suffix(".f32.gguf")
    result = {"logprob_delta_max": distance(theirs, logprobs)}
    if wide.is_file():
        theirs = llama_cpp_logprobs(wide, ids, vocab)
        result["logprob_delta_max_stored_as_f32"] = distance(theirs, logprobs)
    if "llama_cpp" in spec:
        like = tiny.build_model(tiny.changed(tiny.changed(fields, spec.get("gguf", {})), spec["llama_cpp"]), state)
        same = {n: log_softmax(logits_of(like, i)) for n, i in ids.items()}
        result |= {"computes": spec["llama_cpp"], "logprob_delta_max_to_that": distance(theirs, same)}
    return result


def expected(case, spec, folder, gguf):
    """expected.json of a case."""
    from transformers import AutoModelForCausalLM
    fields = spec["config"]
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    state = {k: v.clone() for k, v in model.state_dict().items()}
    ids = sequences(fields["vocab_size"])
    rows, logprobs = expected_rows(model, ids)
    stages, logits = layer_stages(model, ids["long"], {0})
    result = {"case": case, "versions": versions("torch", "transformers", "llama_cpp_python"),
              "f32_noise": noise(model, ids, logprobs, stages)}

    result["without"] = {}
    for what, change in spec.get("without", {}).items():
        other = tiny.ablated(fields, state, change)
        result["without"][what] = shown = distance({n: log_softmax(logits_of(other, i)) for n, i in ids.items()}, logprobs)
        assert shown > SHOWS, f"{case} does not show {what}: {shown}"

    for label, change in spec.get("forced", {}).items():
        rows += expected_rows(tiny.build_model(tiny.changed(fields, change), state), {"middle": ids["middle"]}, label)[0]
    result["sequences"] = rows

    of_gguf = logprobs
    if "gguf" in spec:
        result["gguf_differs"] = spec["gguf"]
        result["gguf_sequences"], of_gguf = expected_rows(tiny.build_model(tiny.changed(fields, spec["gguf"]), state), ids)
    result["llama_cpp"] = beside_llama_cpp(spec, gguf, ids, of_gguf, state)
    result["layers"] = {"sequence": "long", "stages": stages, "logits": {**stats(logits), "last_argmax": int(logits[-1].argmax())}}
    return result, model


def case_json(case, spec, tables, gguf, shared):
    """case.json: everything needed to write both forms, readable line by line."""
    described = tiny.describe_gguf(gguf, tables)
    for row in described["metadata"]:
        if shared.get(row["key"]) == row["value"]:
            del row["value"]
    lines = lambda rows, indent: ",\n".join(indent + json.dumps(r, ensure_ascii=False) for r in rows)
    files = ",\n".join(f'    {{"file": "{t["file"]}", "sha256": "{t["sha256"]}", "dtype": "{t["dtype"]}", "tensors": [\n{lines(t["tensors"], " " * 6)}\n    ]}}'
                       for t in tables)
    return (f'{{\n  "case": "{case}",\n  "covers": {json.dumps(spec["covers"])},\n  "huggingface": [\n{files}\n  ],\n'
            f'  "gguf": {{\n    "sha256": "{described["sha256"]}",\n    "metadata": [\n{lines(described["metadata"], " " * 6)}\n    ],\n'
            f'    "tensors": [\n{lines(described["tensors"], " " * 6)}\n    ]\n  }}\n}}\n')


# ---------------------------------------------------------------------------- text

def render(messages):
    from jinja2.sandbox import ImmutableSandboxedEnvironment
    return ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True).from_string(TEMPLATE).render(messages=messages, add_generation_prompt=True)


def text_row(model, tok, lcpp, prompt, messages=None):
    """One prompt of the chat model and its greedy continuation; None if a margin is too small to be reproducible."""
    ids = encode(tok, prompt)
    assert lcpp.encode(prompt) == ids, prompt
    continuation, logits = greedy(model, ids, STEPS)
    if min(margins(logits)) < MARGIN:
        return None
    assert lcpp.greedy(ids, STEPS) == continuation, prompt
    row = {} if messages is None else {"messages": messages}
    return row | {"prompt": prompt, "input_ids": ids, "greedy_ids": continuation, "greedy_text": tok.decode(continuation, skip_special_tokens=False),
                  "first_stop_at": next((i for i, t in enumerate(continuation) if t in (0, 2)), None), "margins": margins(logits),
                  "top5": top(log_softmax(logits[:8]), TOP)}


def text_json(model, tok, gguf):
    """text.json of the chat model: prompts whose every greedy step is clear, the last one of which stops."""
    lcpp = LlamaCpp(gguf, type_k=0, type_v=0)
    rows = [text_row(model, tok, lcpp, t) for t in TEXTS] + [text_row(model, tok, lcpp, render(m), m) for m in CHATS]
    kept = [r for r in rows if r]
    stops = (text_row(model, tok, lcpp, render(m), m) for n in range(2, 999) for m in [[{"role": "user", "content": f"Count to {n}."}]])
    kept.append(next(r for r in stops if r and 4 <= (r["first_stop_at"] or 0)))
    print(f"chat: {len(kept) - 1} of {len(rows)} texts kept, stops after {kept[-1]['first_stop_at']}", [len(set(r["greedy_ids"])) for r in kept], file=sys.stderr)
    return {"file": gguf.name, "sha256": sha256(gguf), "steps": STEPS, "least_margin": MARGIN, "stop_ids": [0, 2],
            "versions": versions("torch", "transformers", "tokenizers"), "texts": kept}


# ---------------------------------------------------------------------------- quantised

def quantise(source, target, kind, tool):
    """llama-quantize. It makes MXFP4 of experts only, unless told tensor by tensor."""
    options = ["--tensor-type", ".*=mxfp4"] if kind == "MXFP4" else []
    done = subprocess.run([tool, *options, source, target, "MXFP4_MOE" if kind == "MXFP4" else kind, "1"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"llama-quantize {kind}: {done.stderr[-2000:]}")


def quantised(path, fields):
    """The row of one quantised file: the model of the dequantised weights."""
    file = Gguf(path)
    model = llama_from_gguf(file).eval()
    ids = sequences(fields["vocab_size"])
    rows, logprobs = expected_rows(model, ids)
    beside = llama_cpp_logprobs(path, ids, fields["vocab_size"])
    distances = compare(np.concatenate(list(logprobs.values())), np.concatenate(list(beside.values())))
    return {"file": path.name, "sha256": sha256(path), "types": dict(collections.Counter(t.tensor_type.name for t in file.tensors.values())),
            "f32_noise": {"logprob_delta_max": distance({n: log_softmax(logits_of(model.double(), i)) for n, i in ids.items()}, logprobs)},
            "llama_cpp": distances, "sequences": rows}


# ---------------------------------------------------------------------------- all

def main():
    ap = argparse.ArgumentParser()
    for name in ("--llama-cpp", "--llama-quantize", "--text", "--work", "--out"):
        ap.add_argument(name, required=True, type=Path)
    ap.add_argument("cases", nargs="*", default=[*CASES, *QUANTISED])
    args = ap.parse_args()
    torch.set_num_threads(2)
    work, out, text = args.work.resolve(), args.out.resolve(), args.text.read_text(encoding="utf-8")
    tokenizer, small = work / "tokenizer", work / "tokenizer-small"
    write_tokenizer(tokenizer, text, VOCAB)
    write_tokenizer(small, text, SMALL_VOCAB)
    shared = tiny.tokenizer_metadata(tokenizer / "tokenizer.json")
    out.mkdir(parents=True, exist_ok=True)
    for file in tokenizer.iterdir():
        (out / file.name).write_bytes(file.read_bytes())
    write_json(out / "tokenizer.gguf.json", shared)
    (out / "cases.json").write_text(json.dumps({name: spec["covers"] for name, spec in CASES.items()}, indent=2) + "\n")

    for case, spec in CASES.items():
        if case not in args.cases:
            continue
        folder, gguf, kept = work / case, work / f"{case}.gguf", out / case
        spec = {**spec, "config": tiny.config_of(spec)}
        tables = tiny.write_huggingface(case, spec, folder, tokenizer)
        tiny.convert(folder, gguf, spec.get("dtype", "F32"), args.llama_cpp)
        if "dtype" in spec:
            # llama.cpp rounds activations to 16 bits too where weights have 16; this file shows what it computes without.
            tiny.convert(folder, gguf.with_suffix(".f32.gguf"), "F32", args.llama_cpp)
        result, model = expected(case, spec, folder, gguf)
        kept.mkdir(exist_ok=True)
        (kept / "case.json").write_text(case_json(case, spec, tables, gguf, shared), encoding="utf-8")
        for name in ("config.json", "model.safetensors.index.json"):
            if (folder / name).is_file():
                (kept / name).write_bytes((folder / name).read_bytes())
        write_json(kept / "expected.json", result, one_per_line="sequences")
        print(case, {k: result[k] for k in ("f32_noise", "llama_cpp", "without")}, file=sys.stderr, flush=True)
        if case == "chat":
            (kept / gguf.name).write_bytes(gguf.read_bytes())
            write_json(kept / "text.json", text_json(model, json_tokenizer(tokenizer / "tokenizer.json"), gguf), one_per_line="texts")

    rows = []
    for case, spec in QUANTISED.items():
        if case not in args.cases:
            continue
        spec = {"covers": case, **spec}
        tiny.write_huggingface(case, spec, work / case, small)
        tiny.convert(work / case, work / f"{case}.gguf", "F32", args.llama_cpp)
        (out / "quantised").mkdir(exist_ok=True)
        for kind in spec["types"]:
            path = out / "quantised" / f"llama-{kind.lower()}.gguf"
            quantise(work / f"{case}.gguf", path, kind, args.llama_quantize)
            rows.append(quantised(path, spec["config"]))
            print(path.name, path.stat().st_size, rows[-1]["types"], rows[-1]["f32_noise"], rows[-1]["llama_cpp"], file=sys.stderr, flush=True)
    if rows:
        write_json(out / "quantised" / "expected.json", {"versions": versions("torch", "transformers", "gguf", "llama_cpp_python"), "files": rows}, one_per_line="files")


if __name__ == "__main__":
    main()
