"""Making the tiny models of tiny_cases.py: weights from a formula, Hugging Face directories, GGUF files.

Weight i of tensor `name` of case `case` is `base + (n >> drop) / 2**(exponent - drop)`, where

    z = ((crc32("case/name") << 32) + i) * 0x9E3779B97F4A7C15           (all modulo 2**64)
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB
    z = z ^ (z >> 31)
    n = sum of the four 16-bit parts of z - 131070

(the finaliser of SplitMix64), base is 1 for the weights of norms that are not stored as w - 1, else 0, and drop is 0 for F32,
7 for F16, 10 for BF16: n has 18 bits, so every value is exact in its type, and in F32 as w + 1 too.
"""
import json
import os
import subprocess
import sys
import zlib

import numpy as np
import torch
from transformers.activations import ACT2FN

from common import Gguf, sha256
from tiny_cases import EXPONENT, TIED

DROP = {"F32": 0, "F16": 7, "BF16": 10}
TORCH = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}

# The converter knows the splitting rules of a tokenizer by a hash over its ids, which a new vocabulary cannot have; this
# one splits as SmolLM2's does. It also wants Gemma 2 and Phi-3 to come with a SentencePiece file; Gemma 3 may do without.
CONVERTER = """
import runpy, sys
sys.argv[0] = 'convert_hf_to_gguf.py'
sys.path.insert(0, '.')
sys.path.insert(1, 'gguf-py')
from conversion.base import TextModel
from conversion.gemma import Gemma2Model
from conversion.phi import Phi3MiniModel
TextModel.get_vocab_base_pre = lambda self, tokenizer: 'smollm'
Gemma2Model.set_vocab = Phi3MiniModel.set_vocab = TextModel._set_vocab_gpt2
runpy.run_path('convert_hf_to_gguf.py', run_name='__main__')
"""


class HalfGelu(torch.nn.Module):
    """GELU as llama.cpp looks it up: argument and result are 16-bit floats."""

    def forward(self, x):
        return torch.nn.functional.gelu(x.half().float(), approximate="tanh").half().float()


ACT2FN["gelu_half"] = HalfGelu


def synthesise(case, name, shape, dtype, exponent, base):
    """One tensor, float32; the values are those that dtype holds."""
    u = np.uint64
    with np.errstate(over="ignore"):
        z = (u(zlib.crc32(f"{case}/{name}".encode())) << u(32)) + np.arange(np.prod(shape), dtype=u)
        z = z * u(0x9E3779B97F4A7C15)
        z = (z ^ (z >> u(30))) * u(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> u(27))) * u(0x94D049BB133111EB)
        z = z ^ (z >> u(31))
    n = sum(((z >> u(16 * i)) & u(0xFFFF)).astype(np.int64) for i in range(4)) - 131070
    drop = DROP[dtype]
    values = base + (n >> drop) * 2.0 ** (drop - exponent)
    result = values.astype(np.float32).reshape(shape)
    assert (result == values.reshape(shape)).all(), name
    return result


def exponent_of(name, scales):
    """That of the longest ending of the name."""
    return scales[max((end for end in scales if name.endswith(end)), key=len)]


def build_config(fields):
    """A config.json's content as transformers reads it."""
    from transformers import CONFIG_MAPPING
    return CONFIG_MAPPING[fields["model_type"]].from_dict(json.loads(json.dumps(fields)))


def config_of(spec):
    """The content of config.json."""
    if spec.get("written_by") == "transformers":
        return json.loads(build_config(spec["config"]).to_json_string())
    return spec["config"]


def build_model(fields, state=None):
    """The model of a config.json's content, float32, with the weights of state."""
    from transformers import AutoModelForCausalLM
    model = AutoModelForCausalLM.from_config(build_config(fields), attn_implementation="eager", dtype=torch.float32).eval()
    if state is not None:
        model.load_state_dict(state, strict=True)
        model.tie_weights()
    return model


def changed(fields, changes):
    """A copy of config.json's content with changes; dots lead into objects, None removes."""
    result = json.loads(json.dumps(fields))
    for path, value in changes.items():
        *parents, key = path.split(".")
        at = result
        for parent in parents:
            at = at[parent]
        if value is None:
            at.pop(key, None)
        else:
            at[key] = value
    return result


def ablated(fields, state, what):
    """The model without one of its features: other config fields, or modules of one name left out, or biases zero."""
    if isinstance(what, dict):
        return build_model(changed(fields, what), state)
    if what.endswith(".bias"):
        return build_model(fields, {k: torch.zeros_like(v) if k.endswith(what) else v for k, v in state.items()})
    model = build_model(fields, state)
    for name, module in list(model.named_modules()):
        if name.endswith(what.removesuffix(".weight")):
            model.get_submodule(name.rpartition(".")[0]).__setattr__(name.rpartition(".")[2], torch.nn.Identity())
    return model


def write_huggingface(case, spec, folder, tokenizer):
    """The Hugging Face directory. Returns the table of its tensors, per file."""
    from safetensors.torch import save_file
    folder.mkdir(parents=True)
    fields, dtype = spec["config"], spec.get("dtype", "F32")
    (folder / "config.json").write_text(json.dumps(fields, indent=2) + "\n")
    for file in tokenizer.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    tied = fields["tie_word_embeddings"]
    scales = EXPONENT | (TIED if tied else {}) | spec.get("scale", {})
    rows = []
    for name, value in build_model(fields).state_dict().items():
        if tied and name == "lm_head.weight":
            continue
        plain_norm = name.endswith("norm.weight") and not fields["model_type"].startswith("gemma")
        rows.append({"name": name, "shape": list(value.shape), "exponent": exponent_of(name, scales), "base": int(plain_norm)})
    shards = spec.get("shards", 1)
    files = ["model.safetensors"] if shards == 1 else [f"model-{i + 1:05}-of-{shards:05}.safetensors" for i in range(shards)]
    tables, weight_map = [], {}
    for i, file in enumerate(files):
        part = rows[i * len(rows) // shards:(i + 1) * len(rows) // shards]
        tensors = {r["name"]: torch.from_numpy(synthesise(case, r["name"], r["shape"], dtype, r["exponent"], r["base"])).to(TORCH[dtype])
                   for r in part}
        save_file(tensors, folder / file, metadata={"format": "pt"})
        weight_map |= {name: file for name in tensors}
        order = safetensors_order(folder / file)
        tables.append({"file": file, "sha256": sha256(folder / file), "dtype": dtype, "tensors": sorted(part, key=lambda r: order.index(r["name"]))})
    if shards > 1:
        total = sum(np.prod(r["shape"]).item() * TORCH[dtype].itemsize for r in rows)
        (folder / "model.safetensors.index.json").write_text(
            json.dumps({"metadata": {"total_size": total}, "weight_map": dict(sorted(weight_map.items()))}, indent=2) + "\n")
    return tables


def safetensors_order(path):
    with open(path, "rb") as stream:
        header = json.loads(stream.read(int.from_bytes(stream.read(8), "little")))
    return [name for name in header if name != "__metadata__"]


def convert(source, target, dtype, llama_cpp):
    """llama.cpp's own converter."""
    done = subprocess.run([sys.executable, "-c", CONVERTER, str(source), "--outfile", str(target), "--outtype", dtype.lower(),
                           "--model-name", "tiny"], cwd=llama_cpp, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    if done.returncode:
        sys.exit(f"convert_hf_to_gguf.py, {target.stem}: {done.stderr[-3000:]}")


def describe_gguf(path, tables):
    """How to write this GGUF file from the tensors of the Hugging Face form: metadata, and where each tensor comes from."""
    file = Gguf(path)
    metadata = [{"key": f.name, "type": " ".join(t.name for t in f.types), "value": f.contents()} for f in file.reader.fields.values() if not f.name.startswith("GGUF.")]
    source = {r["name"]: synthesise(path.stem, r["name"], r["shape"], t["dtype"], r["exponent"], r["base"]) for t in tables for r in t["tensors"]}
    tensors = []
    for name, tensor in file.tensors.items():
        values = file.tensor(name)
        row = {"name": name, "type": tensor.tensor_type.name, "shape": list(values.shape)}
        tensors.append(row | origin(name, values, source))
    return {"sha256": sha256(path), "metadata": metadata, "tensors": tensors}


def origin(name, values, source):
    """The tensor and the rearrangement that give values."""
    for candidate, weights in source.items():
        if weights.shape == values.shape:
            if (weights == values).all():
                return {"from": candidate}
            if (weights + 1 == values).all():
                return {"from": candidate, "add": 1}
            for heads in range(1, 9):
                if weights.shape[0] % (2 * heads) == 0 and (interleave(weights, heads) == values).all():
                    return {"from": candidate, "interleave": heads}
    assert name.startswith("rope_") and values.size <= 64, f"{name} comes from nowhere"
    return {"values": values.tolist()}


def interleave(w, heads):
    """Rows of each head: the two halves taken in turn. GGUF files of the llama family rotate pairs (2i, 2i + 1), where
    the Hugging Face layout rotates (i, i + d / 2)."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def tokenizer_metadata(path):
    """What GGUF files say of this tokenizer.json at length."""
    tokenizer = json.loads(path.read_text(encoding="utf-8"))
    config = json.loads(path.with_name("tokenizer_config.json").read_text(encoding="utf-8"))
    added = {t["content"]: t["id"] for t in tokenizer["added_tokens"]}
    special = {t["id"] for t in tokenizer["added_tokens"] if t["special"]}
    ids = tokenizer["model"]["vocab"] | added
    tokens = sorted(ids, key=ids.get)
    return {"tokenizer.ggml.tokens": tokens, "tokenizer.ggml.token_type": [3 if i in special else 4 if t in added else 1 for i, t in enumerate(tokens)],
            "tokenizer.ggml.merges": [" ".join(pair) for pair in tokenizer["model"]["merges"]], "tokenizer.chat_template": config["chat_template"]}
