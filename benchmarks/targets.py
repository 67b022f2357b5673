"""What kolm has to reach, as ratios to llama.cpp with 2 threads: per kernel set, test, kind of model and type."""

# tg128: limited by memory.
DECODE = {
    "emitted": {
        ("smollm2", "q8_0"): 1.25, ("smollm2", "q4_0"): 1.5, ("smollm2", "q4_1"): 2.0, ("gemma3", "q4_k_m"): 1.3,
        ("large", "q8_0"): 1.0, ("large", "q4_0"): 1.15, ("large", "q4_k_m"): 1.35,
    },
    "vector": {
        ("smollm2", "q8_0"): 1.0, ("smollm2", "q4_0"): 0.9, ("smollm2", "q4_1"): 1.4, ("gemma3", "q4_k_m"): 1.0,
        ("large", "q8_0"): 0.75, ("large", "q4_0"): 0.85, ("large", "q4_k_m"): 0.9,
    },
}
# pp512 where both sides have AMX: limited by arithmetic.
PREFILL_AMX = {"emitted": 2.0, "vector": 0.5}
# pp512 with AVX-512 VNNI and without AMX; larger models have no target of their own.
PREFILL_VNNI = {
    "emitted": {
        ("smollm2", "q8_0"): 3.0, ("smollm2", "q4_0"): 2.3, ("smollm2", "q4_1"): 7.0, ("gemma3", "q4_k_m"): 3.0,
    },
    "vector": {
        ("smollm2", "q8_0"): 0.8, ("smollm2", "q4_0"): 0.6, ("smollm2", "q4_1"): 1.9, ("gemma3", "q4_k_m"): 0.8,
    },
}
# With 8 and 16 streams, as ratios to llama-server.
SERVED_TOKENS = {"emitted": 3.0, "vector": 1.5}
SERVED_LATENCY = {"emitted": 0.5}
# Process start to the first token over HTTP, seconds.
FIRST_TOKEN = {"emitted": 0.5}
# Decoding beside one busy foreign process, as a share of the idle figure.
BESIDE_BUSY = 0.5


def kernel_set(name):
    """`vector` of `vector-256`."""
    return name.partition("-")[0]


def ratio(kernels, model, threads, test, features):
    """The ratio to llama.cpp to be reached; None where there is no target."""
    kernels = kernel_set(kernels)
    if threads != 2:
        return None
    if test == "tg128":
        return DECODE.get(kernels, {}).get((model.family, model.type))
    if test != "pp512":
        return None
    if "amx_tile" in features:
        return PREFILL_AMX.get(kernels)
    if "avx512_vnni" in features:
        return PREFILL_VNNI.get(kernels, {}).get((model.family, model.type))
    return None
