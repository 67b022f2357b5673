"""The models of the comparisons: real ones, their requantisations, and random ones of exact shapes."""
import os
import sys
from dataclasses import dataclass

import make_random_model
from environment import CACHE, REFERENCE, ROOT, fail, run

FOLDER = CACHE / "models"


@dataclass(frozen=True)
class Model:
    """How a file is made, and what it is called.

    `family` is what its targets are looked up by: smollm2, gemma3, large. One of `reference` (a name of
    fetch_reference.py, and its file), `requantized` (the model it is made of) and `shape` says how it is made.
    """

    title: str
    family: str
    type: str
    reference: tuple = None
    requantized: str = None
    shape: str = None


MODELS = {
    "smollm2-q4_1": Model("SmolLM2-135M Q4_1", "smollm2", "q4_1", reference=("smollm2", "smollm2-135m-q4_1.gguf")),
    "smollm2-q8_0": Model("SmolLM2-135M Q8_0", "smollm2", "q8_0", requantized="smollm2-q4_1"),
    "smollm2-q4_0": Model("SmolLM2-135M Q4_0", "smollm2", "q4_0", requantized="smollm2-q4_1"),
    "gemma3-q4_k_m": Model("Gemma-3-270M Q4_K_M", "gemma3", "q4_k_m", reference=("gemma3", "gemma3-270m-q4_k_m.gguf")),
} | {
    f"{shape}-{kind}": Model(f"{title} {kind.upper()}, random", "large", kind, shape=shape)
    for shape, title in (("qwen2.5-0.5b", "Qwen2.5-0.5B"), ("llama-3.2-1b", "Llama-3.2-1B"), ("qwen2.5-3b", "Qwen2.5-3B"))
    for kind in ("q8_0", "q4_0", "q4_k_m")
}


def select(names):
    """The names that a comma-separated list means; a prefix stands for all that begin with it, `all` for all."""
    selected = []
    for part in names.split(","):
        found = [name for name in MODELS if part == "all" or name == part or name.startswith(part + "-")]
        if not found:
            fail(f"no model is called {part}; there are: {', '.join(MODELS)}")
        selected += [name for name in found if name not in selected]
    return selected


def file(name, llama_cpp):
    """The file of a model, made where it is missing."""
    model = MODELS[name]
    if model.reference:
        source, target = model.reference
        run([sys.executable, ROOT / "scripts" / "fetch_reference.py", REFERENCE, source], "models", stdout=sys.stderr)
        return REFERENCE / target
    path = FOLDER / f"{name}.gguf"
    if path.is_file():
        return path
    FOLDER.mkdir(parents=True, exist_ok=True)
    print(f"making {path}", file=sys.stderr, flush=True)
    if model.shape:
        make_random_model.write(model.shape, model.type, path)
    else:
        part = path.with_name(path.name + ".part")
        threads = len(os.sched_getaffinity(0))
        command = [llama_cpp.quantize, "--allow-requantize", file(model.requantized, llama_cpp), part,
                   model.type.upper(), threads]
        run(command, "llama-quantize", stdout=sys.stderr)
        os.replace(part, path)
    return path
