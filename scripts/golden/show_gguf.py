#!/usr/bin/env python3
"""Prints what the gguf package finds in a file: metadata, then tensors with the CRC-32 of their float32 values.

    show_gguf.py FILE
"""
import sys
import zlib

import gguf

reader = gguf.GGUFReader(sys.argv[1])
for key, field in reader.fields.items():
    if not key.startswith("GGUF."):
        print(key, "=", repr(field.contents()))
for t in reader.tensors:
    values = gguf.dequantize(t.data, t.tensor_type).astype("<f4")
    shape = [int(n) for n in reversed(t.shape)]
    print(t.name, t.tensor_type.name, shape, "crc32", zlib.crc32(values.tobytes()))
