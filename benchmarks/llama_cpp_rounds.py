#!/usr/bin/env python3
"""Times whole forward passes of llama.cpp, one round per line of standard input: the counterpart of
`kolm bench --on-demand`, with the same protocol. Started by the comparisons.

    llama_cpp_rounds.py MODEL THREADS

Calls llama_decode itself, as llama-bench does: the cost of Python per call is some ten microseconds.
Default parameters (memory-mapped weights, f16 cache, flash attention where llama.cpp wants it).
"""
import ctypes
import json
import random
import sys
import time

from llama_cpp import llama_cpp as lib

CONTEXT = 1024
BATCH = 512
SEED = 42


@lib.llama_log_callback
def quiet(_level, _text, _data):
    pass


def say(**fields):
    print(json.dumps(fields), flush=True)


def main():
    path, threads = sys.argv[1], int(sys.argv[2])
    start = time.perf_counter()
    lib.llama_log_set(quiet, ctypes.c_void_p(0))
    lib.llama_backend_init()
    model = lib.llama_model_load_from_file(path.encode(), lib.llama_model_default_params())
    params = lib.llama_context_default_params()
    params.n_ctx = CONTEXT
    params.n_batch = params.n_ubatch = BATCH
    params.n_threads = params.n_threads_batch = threads
    context = model and lib.llama_init_from_model(model, params)
    if not context:
        sys.exit(f"llama.cpp cannot load {path}")
    vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    say(
        kernels={"name": "llama.cpp", "reason": lib.llama_print_system_info().decode()},
        threads=threads,
        load_seconds=time.perf_counter() - start,
    )
    for line in sys.stdin:
        test = json.loads(line)
        count = int(test[2:])
        step = {"pp": BATCH, "tg": 1}[test[:2]]
        rng = random.Random(SEED)
        tokens = (lib.llama_token * count)(*[rng.randrange(vocabulary) for _ in range(count)])
        pieces = [
            lib.llama_batch_get_one(
                ctypes.cast(ctypes.addressof(tokens) + at * ctypes.sizeof(lib.llama_token), ctypes.POINTER(lib.llama_token)),
                min(step, count - at),
            )
            for at in range(0, count, step)
        ]
        lib.llama_memory_clear(lib.llama_get_memory(context), True)
        start = time.perf_counter()
        for piece in pieces:
            if lib.llama_decode(context, piece):
                sys.exit(f"{test}: llama_decode failed")
            lib.llama_synchronize(context)
        seconds = time.perf_counter() - start
        say(test=test, seconds=seconds, tokens_per_second=count / seconds)


if __name__ == "__main__":
    main()
