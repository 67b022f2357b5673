#!/usr/bin/env python3
"""Writes a GGUF file with a part of the layers of another one: a smaller, worse model of the same family.

    python3 scripts/cut_model.py IN.gguf LAYERS OUT.gguf

The first half of LAYERS and the last half stay, those between are left out. Everything else (vocabulary, chat template, embedding, last norm) stays byte for byte. What comes out has to
be trained before it says anything sensible; base_ladder.py makes its bases this way.
"""
import re
import struct
import sys
from pathlib import Path

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # bytes of a GGUF value, by its type
STRING, ARRAY, UINT32 = 8, 9, 4


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, form):
        value = struct.unpack_from("<" + form, self.data, self.at)[0]
        self.at += struct.calcsize("<" + form)
        return value

    def text(self):
        length = self.take("Q")
        self.at += length
        return self.data[self.at - length:self.at].decode()

    def skip(self, kind):
        if kind == STRING:
            self.text()
        elif kind == ARRAY:
            inner, count = self.take("I"), self.take("Q")
            if inner in SIZES:
                self.at += SIZES[inner] * count
            else:
                for _ in range(count):
                    self.skip(inner)
        else:
            self.at += SIZES[kind]


def kept_layers(layers, all_layers):
    """New numbers by the old ones: of the layers in the middle there are none."""
    first = (layers + 1) // 2
    old = [*range(first), *range(all_layers - (layers - first), all_layers)]
    return {number: new for new, number in enumerate(old)}


def cut(data, layers):
    """The bytes of a model with so many layers."""
    reader = Reader(data)
    if data[:4] != b"GGUF":
        sys.exit("cut_model: not a GGUF file")
    reader.at = 4
    version, tensors, values = reader.take("I"), reader.take("Q"), reader.take("Q")
    settings = bytearray()
    alignment = 32
    for _ in range(values):
        begin = reader.at
        name, kind = reader.text(), reader.take("I")
        value_at = reader.at
        reader.skip(kind)
        entry = bytearray(data[begin:reader.at])
        if name == "general.alignment":
            alignment = struct.unpack_from("<I", data, value_at)[0]
        if name.endswith(".block_count"):
            all_layers = struct.unpack_from("<I", data, value_at)[0]
            if kind != UINT32 or layers > all_layers:
                sys.exit("cut_model: the model has fewer than %d layers" % layers)
            struct.pack_into("<I", entry, value_at - begin, layers)
        settings += entry
    infos = []
    for _ in range(tensors):
        name = reader.text()
        shape = [reader.take("Q") for _ in range(reader.take("I"))]
        infos.append((name, shape, reader.take("I"), reader.take("Q")))
    start = -(-reader.at // alignment) * alignment
    ends = sorted(info[3] for info in infos)[1:] + [len(data) - start]
    size = dict(zip(sorted(info[3] for info in infos), ends))
    out = bytearray()
    table = bytearray()
    kept = 0
    numbers = kept_layers(layers, all_layers)
    for name, shape, kind, offset in infos:
        layer = re.match(r"blk\.(\d+)\.(.*)", name)
        if layer:
            if int(layer.group(1)) not in numbers:
                continue
            name = "blk.%d.%s" % (numbers[int(layer.group(1))], layer.group(2))
        kept += 1
        table += struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", len(shape))
        table += struct.pack("<%dQ" % len(shape), *shape) + struct.pack("<IQ", kind, len(out))
        out += data[start + offset:start + size[offset]]
        out += bytes(-len(out) % alignment)
    head = b"GGUF" + struct.pack("<IQQ", version, kept, values) + settings + table
    return head + bytes(-len(head) % alignment) + out


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    Path(sys.argv[3]).write_bytes(cut(Path(sys.argv[1]).read_bytes(), int(sys.argv[2])))


if __name__ == "__main__":
    main()
