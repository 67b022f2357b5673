#!/usr/bin/env python3
"""Writes GGUF files with random weights in the exact shapes of well-known models.

    make_random_model.py SHAPE TYPE FILE

SHAPE: qwen2.5-0.5b, llama-3.2-1b, qwen2.5-3b. TYPE: q8_0, q4_0, q4_k_m.

How fast an engine runs depends on shapes and types, not on what the weights say, and these models
cannot be had from package indexes. Which tensor has which type is what llama-quantize chooses. Weights
are uniform with mean 0 and variance 1 / inputs, so that activations stay near 1 through all layers. The
vocabulary has the right size and no sense.

The same arguments give the same bytes. Standard library only.
"""
import argparse
import os
import random
import struct
import sys
from dataclasses import dataclass
from pathlib import Path

SEED = 1
ALIGNMENT = 32


@dataclass(frozen=True)
class Shape:
    architecture: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    feed_forward: int
    vocabulary: int
    context: int
    rope_base: float
    norm_eps: float
    pre_tokenizer: str
    biases: bool


# From the models' own config.json. All three use the embedding as output, too.
SHAPES = {
    "qwen2.5-0.5b": Shape("qwen2", 24, 896, 14, 2, 64, 4864, 151936, 32768, 1e6, 1e-6, "qwen2", True),
    "llama-3.2-1b": Shape("llama", 16, 2048, 32, 8, 64, 8192, 128256, 131072, 5e5, 1e-5, "llama-bpe", False),
    "qwen2.5-3b": Shape("qwen2", 36, 2048, 16, 2, 128, 11008, 151936, 32768, 1e6, 1e-6, "qwen2", True),
}


# --- blocks -------------------------------------------------------------------------------------------


def only(allowed):
    """A table for bytes.translate: random bytes to bytes of `allowed`, evenly as far as 256 divides."""
    allowed = list(allowed)
    return bytes(allowed[i % len(allowed)] for i in range(256))


def nibbles(allowed):
    """The same for bytes that hold two 4-bit numbers."""
    allowed = list(allowed)
    return bytes(allowed[i % len(allowed)] | allowed[i // 16 % len(allowed)] << 4 for i in range(256))


class BlockType:
    """A tensor type: `elements` weights in `size` bytes, with `number` in GGUF and in general.file_type."""

    def __init__(self, number, elements, size, make):
        self.number, self.elements, self.size, self.make = number, elements, size, make


def half(value):
    return struct.pack("<e", value)


# Each maker is given random numbers and the standard deviation wanted. Weights are symmetrical around zero;
# what the deviation is divided by is that of the quants.


def q8_0(rng, deviation):
    return half(deviation / 73.3) + rng.randbytes(32).translate(SIGNED_BYTES)


def q4_0(rng, deviation):
    return half(deviation / 4.32) + rng.randbytes(16).translate(NIBBLES_1_TO_15)


def q5_0(rng, deviation):
    # quant - 16 is uniform in -16 .. 15, which is not symmetrical: scales of both signs.
    return half(rng.choice((-1, 1)) * deviation / 9.23) + rng.randbytes(4 + 16)


def q4_k(rng, deviation):
    # 8 sub-blocks of 32: weight = d * scale * quant - dmin * min, with min = scale and dmin = 7.5 d.
    scales = [rng.randrange(8, 17) for _ in range(8)]
    # 6 bits each: the first four whole, with the high bits of the others above them; then the low ones of those.
    first = bytes(scales[i] | scales[4 + i] >> 4 << 6 for i in range(4))
    packed = first + first + bytes((s & 15) * 17 for s in scales[4:])
    d = deviation / (4.61 * 12.3)
    return half(d) + half(7.5 * d) + packed + rng.randbytes(128)


def q6_k(rng, deviation):
    # 16 sub-blocks of 16: weight = d * scale * (quant - 32); scales of both signs.
    scales = rng.randbytes(16).translate(SMALL_SIGNED)
    return rng.randbytes(128 + 64) + scales + half(deviation / (18.5 * 4.6))


SIGNED_BYTES = only(list(range(128)) + list(range(129, 256)))
NIBBLES_1_TO_15 = nibbles(range(1, 16))
SMALL_SIGNED = only([3, 4, 5, 6, 256 - 3, 256 - 4, 256 - 5, 256 - 6])

F32 = BlockType(0, 1, 4, None)
Q4_0 = BlockType(2, 32, 18, q4_0)
Q5_0 = BlockType(6, 32, 22, q5_0)
Q8_0 = BlockType(8, 32, 34, q8_0)
Q4_K = BlockType(12, 256, 144, q4_k)
Q6_K = BlockType(14, 256, 210, q6_k)

# Where rows are not whole super-blocks, llama-quantize falls back to these.
FALLBACK = {Q4_K: Q5_0, Q6_K: Q8_0}


@dataclass(frozen=True)
class Recipe:
    """What llama-quantize makes of a model: general.file_type, and a type per kind of tensor."""

    file_type: int
    matrix: BlockType
    embedding: BlockType
    # For attn_v and ffn_down of the layers that get more bits.
    more: BlockType


RECIPES = {
    "q8_0": Recipe(7, Q8_0, Q8_0, Q8_0),
    "q4_0": Recipe(2, Q4_0, Q6_K, Q4_0),
    "q4_k_m": Recipe(15, Q4_K, Q6_K, Q6_K),
}


def gets_more_bits(layer, layers):
    eighth = layers // 8
    return layer < eighth or layer >= 7 * layers // 8 or (layer - eighth) % 3 == 2


# --- tensors ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tensor:
    name: str
    rows: int  # 0: a vector
    columns: int
    type: BlockType

    @property
    def bytes(self):
        return max(1, self.rows) * self.columns // self.type.elements * self.type.size


def tensors(shape, recipe):
    def matrix(name, rows, columns, wanted):
        whole = columns % wanted.elements == 0
        return Tensor(name, rows, columns, wanted if whole else FALLBACK[wanted])

    queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    yield matrix("token_embd.weight", shape.vocabulary, shape.hidden, recipe.embedding)
    for layer in range(shape.layers):
        name = f"blk.{layer}."
        more = recipe.more if gets_more_bits(layer, shape.layers) else recipe.matrix
        yield Tensor(name + "attn_norm.weight", 0, shape.hidden, F32)
        for part, rows, wanted in (("q", queries, recipe.matrix), ("k", keys, recipe.matrix), ("v", keys, more)):
            yield matrix(f"{name}attn_{part}.weight", rows, shape.hidden, wanted)
            if shape.biases:
                yield Tensor(f"{name}attn_{part}.bias", 0, rows, F32)
        yield matrix(name + "attn_output.weight", shape.hidden, queries, recipe.matrix)
        yield Tensor(name + "ffn_norm.weight", 0, shape.hidden, F32)
        yield matrix(name + "ffn_gate.weight", shape.feed_forward, shape.hidden, recipe.matrix)
        yield matrix(name + "ffn_up.weight", shape.feed_forward, shape.hidden, recipe.matrix)
        yield matrix(name + "ffn_down.weight", shape.hidden, shape.feed_forward, more)
    yield Tensor("output_norm.weight", 0, shape.hidden, F32)


class Pool:
    """Blocks to fill tensors with, made once per type and number of inputs and begun at another place for each
    tensor. They are a prime number and more than any matrix has rows, so that no two rows are equal."""

    BLOCKS = 199_999

    def __init__(self, rng):
        self.rng, self.made = rng, {}

    def write(self, tensor, out):
        key = tensor.type, tensor.columns
        if key not in self.made:
            deviation = tensor.columns**-0.5
            self.made[key] = b"".join(
                tensor.type.make(self.rng, deviation * self.rng.uniform(0.75, 1.2)) for _ in range(self.BLOCKS))
        pool, left = self.made[key], tensor.bytes
        start = self.rng.randrange(self.BLOCKS) * tensor.type.size
        while left:
            piece = pool[start:start + left]
            out.write(piece)
            left -= len(piece)
            start = 0


def vector(tensor, rng):
    if tensor.name.endswith("norm.weight"):
        values = [1.0] * tensor.columns
    else:
        values = [rng.uniform(-0.02, 0.02) for _ in range(tensor.columns)]
    return struct.pack(f"<{tensor.columns}f", *values)


# --- the file -----------------------------------------------------------------------------------------


def text(value):
    data = value.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


class Metadata:
    def __init__(self):
        self.count, self.data = 0, b""

    def add(self, key, kind, value):
        self.count += 1
        self.data += text(key) + struct.pack("<I", kind) + value

    def uint(self, key, value):
        self.add(key, 4, struct.pack("<I", value))

    def float(self, key, value):
        self.add(key, 6, struct.pack("<f", value))

    def string(self, key, value):
        self.add(key, 8, text(value))

    def strings(self, key, values):
        self.add(key, 9, struct.pack("<IQ", 8, len(values)) + b"".join(map(text, values)))

    def ints(self, key, values):
        self.add(key, 9, struct.pack(f"<IQ{len(values)}i", 5, len(values), *values))


def byte_names():
    """How byte-level vocabularies write the 256 bytes: printable ones as themselves, the rest from U+0100 on."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    return [chr(b if b in printable else next(others)) for b in range(256)]


def vocabulary(shape):
    """Names, kinds and merges: the bytes, words of two letters that come of merges, and fillers; two control
    tokens at the end."""
    names = byte_names()
    letters = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    merges = [(a, b) for a in letters for b in letters]
    names += [a + b for a, b in merges]
    names += [f"filler{i}" for i in range(shape.vocabulary - len(names) - 2)]
    names += ["<|start|>", "<|end|>"]
    kinds = [1] * (shape.vocabulary - 2) + [3, 3]
    return names, kinds, [f"{a} {b}" for a, b in merges]


def metadata(shape, recipe, name):
    out = Metadata()
    prefix = shape.architecture + "."
    out.string("general.architecture", shape.architecture)
    out.string("general.name", name)
    out.uint("general.file_type", recipe.file_type)
    out.uint(prefix + "block_count", shape.layers)
    out.uint(prefix + "context_length", shape.context)
    out.uint(prefix + "embedding_length", shape.hidden)
    out.uint(prefix + "feed_forward_length", shape.feed_forward)
    out.uint(prefix + "attention.head_count", shape.heads)
    out.uint(prefix + "attention.head_count_kv", shape.kv_heads)
    out.uint(prefix + "rope.dimension_count", shape.head_dim)
    out.uint(prefix + "vocab_size", shape.vocabulary)
    out.float(prefix + "rope.freq_base", shape.rope_base)
    out.float(prefix + "attention.layer_norm_rms_epsilon", shape.norm_eps)
    names, kinds, merges = vocabulary(shape)
    out.string("tokenizer.ggml.model", "gpt2")
    out.string("tokenizer.ggml.pre", shape.pre_tokenizer)
    out.strings("tokenizer.ggml.tokens", names)
    out.ints("tokenizer.ggml.token_type", kinds)
    out.strings("tokenizer.ggml.merges", merges)
    out.uint("tokenizer.ggml.bos_token_id", shape.vocabulary - 2)
    out.uint("tokenizer.ggml.eos_token_id", shape.vocabulary - 1)
    return out


def pad(out):
    out.write(bytes(-out.tell() % ALIGNMENT))


def write(shape_name, type_name, path):
    """Writes the file, under its name only when it is whole."""
    shape, recipe = SHAPES[shape_name], RECIPES[type_name]
    rng = random.Random(f"{SEED} {shape_name} {type_name}")
    all_tensors = list(tensors(shape, recipe))
    header = metadata(shape, recipe, f"{shape_name} random {type_name}")
    part = path.with_name(path.name + ".part")
    with open(part, "wb") as out:
        out.write(b"GGUF" + struct.pack("<IQQ", 3, len(all_tensors), header.count) + header.data)
        offset = 0
        for tensor in all_tensors:
            extents = [tensor.columns] + ([tensor.rows] if tensor.rows else [])
            out.write(text(tensor.name) + struct.pack(f"<I{len(extents)}Q", len(extents), *extents))
            out.write(struct.pack("<IQ", tensor.type.number, offset))
            offset += tensor.bytes + -tensor.bytes % ALIGNMENT
        pad(out)
        pool = Pool(rng)
        for tensor in all_tensors:
            if tensor.rows:
                pool.write(tensor, out)
            else:
                out.write(vector(tensor, rng))
            pad(out)
    os.replace(part, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shape", choices=SHAPES)
    parser.add_argument("type", choices=RECIPES)
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    try:
        write(arguments.shape, arguments.type, arguments.file)
    except OSError as e:
        sys.exit(f"make_random_model.py: {arguments.file}: {e.strerror}")
    print(f"{arguments.file}: {arguments.file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
