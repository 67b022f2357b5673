#!/usr/bin/env python3
"""Golden data for the block formats: what blocks decode to, what rows encode to, checksums of real models.

    gen_blocks.py --models DIR --minilm DIR --llama-quantize BINARY --out DIR

The reference for decoding, and for encoding to Q8_0, Q4_0, F16 and BF16, is the gguf package; for encoding to
Q4_K it is llama-quantize. All numbers are little-endian. NaN is written as 7fc00000: its payload is the machine's.
"""
import argparse
import json
import struct
import subprocess
import tempfile
import warnings
import zlib
from pathlib import Path

import gguf
import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T
from gguf.quants import dequantize, quantize

from common import GGUF_FILES, sha256, versions

TYPES = [T.F32, T.F16, T.BF16, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0, T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.Q6_K, T.IQ4_NL, T.MXFP4]

# Where a block has its binary16 fields.
HALVES = {T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0], T.Q2_K: [80, 82], T.Q3_K: [108],
          T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208], T.IQ4_NL: [0], T.MXFP4: []}

# 0, -0, smallest and largest subnormal, smallest normal, 1, -1, largest, -largest, infinities, NaNs.
ODD_HALVES = [0x0000, 0x8000, 0x0001, 0x03FF, 0x0400, 0x3C00, 0xBC00, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00, 0xFE00, 0x7C01]


def floats(values):
    """float32 bytes with one NaN for all."""
    bits = np.ascontiguousarray(values, dtype="<f4").view("<u4").copy()
    bits[(bits & 0x7FFFFFFF) > 0x7F800000] = 0x7FC00000
    return bits.tobytes()


def blocks_of(kind, rng):
    """Random and extreme blocks, uint8 [n, bytes of a block]."""
    size = GGML_QUANT_SIZES[kind][1]
    if kind in (T.F32, T.F16, T.BF16):
        unsigned = np.dtype(f"<u{size}")
        odd = {T.F16: ODD_HALVES, T.BF16: [0, 0x8000, 1, 0x7F, 0x80, 0x3F80, 0x7F7F, 0xFF7F, 0x7F80, 0xFF80, 0x7FC0, 0x7F81],
               T.F32: [0, 1 << 31, 1, 0x7FFFFF, 0x800000, 0x3F800000, 0x7F7FFFFF, 0x7F800000, 0xFF800000, 0x7FC00000]}[kind]
        bits = np.concatenate([np.array(odd, dtype=unsigned), rng.integers(0, 256 ** size, 100, dtype=np.uint64).astype(unsigned)])
        return bits.view(np.uint8).reshape(-1, size)
    n = 3 if size > 64 else 16
    usual = rng.integers(0, 256, (n, size), dtype=np.uint8)
    for at in HALVES[kind]:
        usual[:, at:at + 2] = rng.normal(0, 0.02, n).astype("<f2").view(np.uint8).reshape(n, 2)
    extreme = [np.full(size, v, np.uint8) for v in (0x00, 0xFF, 0x80, 0x7F)]
    for half in ODD_HALVES if HALVES[kind] else []:
        block = rng.integers(0, 256, size, dtype=np.uint8)
        for at in HALVES[kind]:
            block[at:at + 2] = [half & 255, half >> 8]
        extreme.append(block)
    if kind == T.MXFP4:
        for exponent in (0, 1, 2, 3, 126, 127, 128, 253, 254, 255):
            extreme.append(np.concatenate([[exponent], rng.integers(0, 256, size - 1)]).astype(np.uint8))
    return np.concatenate([usual, np.array(extreme)])


def write_decode(out, rng):
    for kind in TYPES:
        blocks = blocks_of(kind, rng)
        values = dequantize(blocks, kind)
        (out / f"decode-{kind.name}.bin").write_bytes(struct.pack("<i", len(blocks)) + blocks.tobytes() + floats(values))


def rows_of(rng, n):
    """Rows of 256 finite values as a quantizer meets them, and some it hardly does."""
    scale = 0.03
    rows = [rng.normal(0, scale, (n, 256)), rng.laplace(0, scale, (n, 256)), rng.uniform(-scale, scale, (n, 256)),
            rng.standard_t(3, (n, 256)) * scale, np.abs(rng.normal(0, scale, (n, 256))), rng.normal(0.2, scale, (n, 256)),
            np.where(rng.random((n, 256)) < 0.9, 0, rng.normal(0, 1, (n, 256))), rng.normal(0, 1e-7, (n, 256))]
    return np.concatenate(rows).astype(np.float32)


def odd_rows(rng):
    ties = np.tile(np.concatenate([np.arange(-127, 127) + 0.5, [127, -127]]), (2, 1))  # scale 1: halves away from zero
    ties[1] /= 127 / 8                                                                # and the steps of 4 bits
    plus_minus = np.tile([1.0, -1.0], (2, 128)) * np.array([[1], [-1]])               # two of largest magnitude
    spike = np.zeros((2, 256))
    spike[0, ::32], spike[1, 31::32] = 3.0, -3.0
    return np.concatenate([ties, plus_minus, spike, np.zeros((1, 256)), np.full((1, 256), -0.0), np.full((1, 256), 0.1),
                           np.full((1, 256), -0.1), rng.normal(0, 1000, (1, 256))]).astype(np.float32)


def write_encode(out, rng):
    rows = np.concatenate([odd_rows(rng), rows_of(rng, 1)])
    (out / "rows.bin").write_bytes(floats(rows))
    for kind in (T.Q8_0, T.Q4_0, T.F16, T.BF16):
        (out / f"encode-{kind.name}.bin").write_bytes(np.ascontiguousarray(quantize(rows, kind)).tobytes())


def llama_quantized(binary, tensors):
    """Tensors of 256 columns as llama-quantize makes Q4_K of them."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "f32.gguf"), Path(folder, "q4_k.gguf")
        writer = gguf.GGUFWriter(source, "llama")
        for key, value in {"context_length": 16, "embedding_length": 256, "block_count": 1, "feed_forward_length": 256,
                           "head_count": 1}.items():
            getattr(writer, f"add_{key}")(value)
        writer.add_layer_norm_rms_eps(1e-5)
        for name, rows in tensors.items():
            writer.add_tensor(name, rows)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        run_llama_quantize(binary, source, target)
        return {t.name: np.array(t.data) for t in gguf.GGUFReader(target).tensors if t.tensor_type == T.Q4_K}


def run_llama_quantize(binary, source, target):
    command = [binary, "--allow-requantize", "--pure", str(source), str(target), "Q4_K_S", "2"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def write_q4_k(out, rng, minilm, binary):
    from safetensors.numpy import load_file
    real = load_file(Path(minilm, "model.safetensors"))
    names = sorted(n for n, t in real.items() if t.ndim == 2 and t.size % 256 == 0 and "embeddings" not in n)
    rows = [real[n].reshape(-1, 256)[rng.integers(0, real[n].size // 256)] for n in names[:16]]
    rows = np.concatenate([rows_of(rng, 3), np.array(rows, dtype=np.float32)])
    name = "blk.0.ffn_down.weight"
    encoded = llama_quantized(binary, {name: rows})[name]
    assert encoded.shape == (len(rows), 144)
    (out / "rows-Q4_K.bin").write_bytes(floats(rows))
    (out / "encode-Q4_K.bin").write_bytes(encoded.tobytes())


def write_model(out, model, path, binary):
    reader = gguf.GGUFReader(str(path))
    tensors = []
    for t in reader.tensors:
        values = dequantize(t.data, t.tensor_type)
        shape = [int(n) for n in reversed(t.shape)]
        tensors.append([t.name, t.tensor_type.name, shape, zlib.crc32(floats(values))])
    value = {"file": path.name, "sha256": sha256(path), "versions": versions("gguf", "numpy"), "tensors": tensors}
    if model == "smollm2":
        value["llama_quantize_q4_k_rmse"] = requantized_rmse(path, reader, binary)
    lines = json.dumps(value).replace('], ["', '],\n["')
    (out / f"{model}.json").write_text(lines + "\n")


def requantized_rmse(path, reader, binary):
    """Root mean square error of Q4_K against the values it was made from, for the tensors llama-quantize makes it of."""
    source = {t.name: t for t in reader.tensors}
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "q4_k.gguf")
        run_llama_quantize(binary, path, target)
        errors = {}
        for t in gguf.GGUFReader(target).tensors:
            if t.tensor_type == T.Q4_K:
                before = dequantize(source[t.name].data, source[t.name].tensor_type).astype(np.float64)
                errors[t.name] = float(np.sqrt(np.mean((dequantize(t.data, T.Q4_K) - before) ** 2)))
        return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("models", "minilm", "llama-quantize", "out"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args()
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20260101)
    warnings.simplefilter("ignore")  # infinities and NaN are the point
    write_decode(out, rng)
    write_encode(out, rng)
    write_q4_k(out, rng, args.minilm, args.llama_quantize)
    for model, name in GGUF_FILES.items():
        write_model(out, model, Path(args.models, name), args.llama_quantize)


if __name__ == "__main__":
    main()
