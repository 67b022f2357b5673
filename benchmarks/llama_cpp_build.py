"""llama.cpp, compiled for this processor: its library, its server and its quantizer, of one build."""
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

from environment import CACHE, ROOT, fail, run
from machine import features

sys.path.insert(0, str(ROOT / "scripts"))
import fetch_reference  # noqa: E402

PACKAGE = fetch_reference.LLAMA_CPP
VERSION = PACKAGE.rpartition("=")[2]
# What llama.cpp's own release builds use, for this processor; no user interface, no TLS.
OPTIONS = [
    "-DCMAKE_BUILD_TYPE=Release", "-DGGML_NATIVE=ON", "-DBUILD_SHARED_LIBS=ON", "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF", "-DLLAMA_BUILD_APP=OFF", "-DLLAMA_BUILD_UI=OFF", "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_CURL=OFF",
]
TARGETS = ["llama-server", "llama-quantize"]
# Up to here gcc makes AMX code that dies with SIGILL at its first tile load.
LAST_GCC_WITHOUT_AMX = 12


@dataclass(frozen=True)
class LlamaCpp:
    """A build. `binding` holds the Python package llama_cpp, which takes the library from `binaries`."""

    binding: Path
    binaries: Path
    description: str

    @property
    def server(self):
        return self.binaries / "llama-server"

    @property
    def quantize(self):
        return self.binaries / "llama-quantize"

    @property
    def environment(self):
        """For a process that imports llama_cpp."""
        return {**os.environ, "PYTHONPATH": str(self.binding), "LLAMA_CPP_LIB_PATH": str(self.binaries)}


def compiler_version(compiler):
    """The first line of --version, and the major version of gcc (None for others)."""
    try:
        line = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout.splitlines()[0]
        number = subprocess.run([compiler, "-dumpversion"], capture_output=True, text=True).stdout.strip()
    except (OSError, IndexError):
        return None, None
    return line, None if "clang" in line else int(number.partition(".")[0])


def compiler():
    """(C, C++, description) of the compiler to build with."""
    c, cxx = os.environ.get("CC", "gcc"), os.environ.get("CXX", "g++")
    line, gcc = compiler_version(cxx)
    if not line:
        fail(f"llama.cpp has to be compiled and there is no {cxx}: install g++ and cmake, or set CC and CXX")
    if gcc is None or gcc > LAST_GCC_WITHOUT_AMX or "amx_tile" not in features():
        return c, cxx, line
    clang, clangxx = shutil.which("clang"), shutil.which("clang++")
    if not clangxx:
        fail(f"{line} compiles llama.cpp's AMX code wrongly, and this processor has AMX: install clang or gcc "
             f"{LAST_GCC_WITHOUT_AMX + 1}, or set CC and CXX")
    return clang, clangxx, compiler_version(clangxx)[0]


def unpack(archive, folder):
    """The sdist's content, without the directory that it is in."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    inner = next(folder.iterdir())
    for item in list(inner.iterdir()):
        item.rename(folder / item.name)
    inner.rmdir()


def build():
    """The build for this processor and compiler, made once: some fifteen minutes."""
    c, cxx, description = compiler()
    tag = "-".join([VERSION, *features()]) or VERSION
    folder = CACHE / f"llama.cpp-{tag}"
    source, out = folder / "source", folder / "build"
    made = LlamaCpp(source, out / "bin", f"llama.cpp of {PACKAGE}, {description}")
    complete = folder / "complete"
    if complete.is_file() and complete.read_text(encoding="utf-8") == description:
        return made
    if not shutil.which("cmake"):
        fail("llama.cpp has to be compiled and there is no cmake")
    print(f"compiling {PACKAGE} (once, some fifteen minutes)", file=sys.stderr, flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    downloads = folder / "download"
    downloads.mkdir(parents=True)
    unpack(fetch_reference.package(PACKAGE, downloads, source=True), source)
    log = folder / "build.log"
    with open(log, "w", encoding="utf-8") as to:
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        compilers = [f"-DCMAKE_C_COMPILER={c}", f"-DCMAKE_CXX_COMPILER={cxx}"]
        configure = ["cmake", "-S", source / "vendor" / "llama.cpp", "-B", out, *generator, *OPTIONS, *compilers]
        run(configure, f"cmake (see {log})", stdout=to, stderr=to)
        jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or str(len(os.sched_getaffinity(0)))
        run(["cmake", "--build", out, "-j", jobs, "--target", *TARGETS], f"compiling (see {log})", stdout=to, stderr=to)
    shutil.rmtree(downloads)
    complete.write_text(description, encoding="utf-8")
    return made
