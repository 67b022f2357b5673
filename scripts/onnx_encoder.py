#!/usr/bin/env python3
"""Turns a BERT encoder as ONNX, as PyTorch exports it, into a Hugging Face directory: config.json and model.safetensors.

    onnx_encoder.py MODEL.onnx DIR --heads 12

Exports keep biases, norms and embeddings under their names; matrices are constants without a name of their own, and
transposed: the product that takes one says which it is. The number of heads is nowhere in the file. Standard library only.
"""
import argparse
import array
import json
import struct
import sys
from pathlib import Path

# Fields of ONNX's protobuf messages.
MODEL_GRAPH = 7
GRAPH_NODE, GRAPH_INITIALIZER = 1, 5
NODE_INPUT, NODE_NAME, NODE_OPERATION = 1, 3, 4
TENSOR_DIMS, TENSOR_TYPE, TENSOR_NAME, TENSOR_RAW = 1, 2, 8, 9
FLOAT = 1


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def fields(data):
    """Number and value of each field of a message; bytes are views."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = varint(data, at)
        else:
            size, at = varint(data, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def text(view):
    return bytes(view).decode()


def tensor(message):
    dims, name, kind, raw = [], "", 0, b""
    for number, value in fields(message):
        if number == TENSOR_DIMS:
            if isinstance(value, int):
                dims.append(value)
            else:  # packed
                at = 0
                while at < len(value):
                    dim, at = varint(value, at)
                    dims.append(dim)
        elif number == TENSOR_TYPE:
            kind = value
        elif number == TENSOR_NAME:
            name = text(value)
        elif number == TENSOR_RAW:
            raw = value
    return name, kind, dims, raw


def transposed(raw, rows, columns):
    values = array.array("f", bytes(raw))
    result = array.array("f")
    for column in range(columns):
        result.extend(values[column::columns])
    return result.tobytes()


def weights(model):
    """name -> (shape, bytes), in the names and the orientation of PyTorch."""
    graph = next(value for number, value in fields(memoryview(model)) if number == MODEL_GRAPH)
    constants, named = {}, {}
    for number, value in fields(graph):
        if number == GRAPH_INITIALIZER:
            name, kind, dims, raw = tensor(value)
            if kind == FLOAT:
                constants[name] = dims, raw
                if name.startswith(("embeddings.", "encoder.")):
                    named[name] = dims, bytes(raw)
    for number, value in fields(graph):
        if number != GRAPH_NODE:
            continue
        node = [(field, text(part)) for field, part in fields(value) if field in (NODE_INPUT, NODE_NAME, NODE_OPERATION)]
        name = next((part for field, part in node if field == NODE_NAME), "")
        matrices = [part for field, part in node if field == NODE_INPUT and part in constants]
        if (NODE_OPERATION, "MatMul") in node and name.startswith("/encoder/") and matrices:
            (rows, columns), raw = constants[matrices[0]]
            weight = name.removeprefix("/").removesuffix("/MatMul").replace("/", ".") + ".weight"
            named[weight] = [columns, rows], transposed(raw, rows, columns)
    return named


def config(named, heads):
    vocabulary, hidden = named["embeddings.word_embeddings.weight"][0]
    layers = 1 + max(int(name.split(".")[2]) for name in named if name.startswith("encoder.layer."))
    matrices = [f"encoder.layer.{layer}.{part}.weight" for layer in range(layers)
                for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
                             "intermediate.dense", "output.dense")]
    missing = [name for name in matrices if name not in named]
    if missing:
        sys.exit(f"onnx_encoder: no {missing[0]}: not an export that this script knows")
    return {
        "model_type": "bert",
        "vocab_size": vocabulary,
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": named["encoder.layer.0.intermediate.dense.weight"][0][0],
        "max_position_embeddings": named["embeddings.position_embeddings.weight"][0][0],
        "type_vocab_size": named["embeddings.token_type_embeddings.weight"][0][0],
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "layer_norm_eps": 1e-12,
        "pad_token_id": 0,
    }


def convert(model, folder, heads):
    """Writes the directory; the same model gives the same bytes."""
    named = weights(model)
    description = config(named, heads)
    header, at = {}, 0
    for name in sorted(named):
        shape, data = named[name]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + len(data)]}
        at += len(data)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "model.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(head)) + head)
        for name in sorted(named):
            out.write(named[name][1])
    (folder / "config.json").write_text(json.dumps(description, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--heads", type=int, required=True)
    options = parser.parse_args()
    convert(options.model.read_bytes(), options.folder, options.heads)


if __name__ == "__main__":
    main()
