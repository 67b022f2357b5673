#!/usr/bin/env python3
"""Golden vectors of bge-small-en-v1.5 and e5-small-v2: ONNX Runtime, single precision, on the ONNX files they came in.

    gen_onnx_embeddings.py MODEL.onnx --pooling cls|mean --texts minilm.json --out FILE

Texts and token ids are those of the golden vectors of all-MiniLM-L6-v2: all three have the vocabulary of BERT. Each text
runs alone, without padding. Needs: pip install onnxruntime==1.31.1 numpy.
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy
import onnxruntime

# Fewer than all, to keep the file small; the longest besides.
ROWS = slice(0, None, 3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--pooling", choices=["cls", "mean"], required=True)
    parser.add_argument("--texts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    session = onnxruntime.InferenceSession(str(options.model), providers=["CPUExecutionProvider"])
    rows = []
    texts = json.loads(options.texts.read_text())["rows"]
    for row in [*texts[ROWS], max(texts, key=lambda text: len(text["ids"]))]:
        ids = numpy.array([row["ids"]], dtype=numpy.int64)
        feeds = {"input_ids": ids, "attention_mask": numpy.ones_like(ids), "token_type_ids": numpy.zeros_like(ids)}
        hidden = session.run(None, feeds)[0][0]
        pooled = hidden[0] if options.pooling == "cls" else hidden.mean(0)
        vector = pooled / numpy.linalg.norm(pooled)
        rows.append({"ids": row["ids"], "text": row["text"], "embedding": [float(f"{value:.7g}") for value in vector]})
    head = {"model": options.model.name, "sha256": hashlib.sha256(options.model.read_bytes()).hexdigest(),
            "onnxruntime": onnxruntime.__version__, "pooling": options.pooling}
    lines = ",\n".join(json.dumps(row) for row in rows)
    options.out.write_text(json.dumps(head)[:-1] + ', "rows": [\n' + lines + "\n]}\n")
    print(len(rows), "texts", [len(row["ids"]) for row in rows])


if __name__ == "__main__":
    main()
