"""Where the comparisons keep what they make, and the Python they run in."""
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("KOLM_HOME") or Path(os.environ["HOME"]) / ".kolm").resolve()
CACHE = HOME / "cache" / "benchmarks"
REFERENCE = HOME / "cache" / "reference"
KOLM = ROOT / "kolm"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def fail(message):
    """Ends the comparison: it could not be made."""
    sys.exit(f"{Path(sys.argv[0]).name}: {message}")


def run(command, what, **options):
    """Runs a program to its end."""
    try:
        done = subprocess.run([str(c) for c in command], **options)
    except OSError as e:
        fail(f"{what}: {command[0]} cannot be started ({e.strerror})")
    if done.returncode:
        fail(f"{what}: exit code {done.returncode}")


def java():
    """The java of a JDK 25: of JAVA_HOME, JAVA25_HOME, on PATH, or where Linux distributions have theirs."""
    found = shutil.which("java")
    on_path = Path(found).resolve().parent.parent if found else None
    for home in [os.environ.get("JAVA_HOME"), os.environ.get("JAVA25_HOME"), on_path, *sorted(Path("/usr/lib/jvm").glob("*"))]:
        release = Path(home) / "release" if home else None
        if release and release.is_file() and re.search(r'^JAVA_VERSION="25\b', release.read_text(errors="replace"), re.M):
            return Path(home) / "bin" / "java"
    fail("no JDK 25 found: set JAVA_HOME")


def benchmarks_jar():
    """kolm's benchmarks, built where they are missing."""
    jar = ROOT / "benchmarks" / "target" / "benchmarks.jar"
    if not jar.is_file():
        run(["mvn", "-q", "-B", "-pl", "benchmarks", "-am", "package", "-DskipTests", "-Dkolm.quick"], "mvn package", cwd=ROOT,
            stdout=sys.stderr)
    return jar


def enter(requirements=REQUIREMENTS):
    """Continues this script in a virtual environment with what a file requires, which is made once."""
    version = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    folder = CACHE / f"python-{version}"
    python = folder / "bin" / "python"
    if Path(sys.prefix).resolve() == folder:
        # Told to end, it closes what it has started.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return
    if not (folder / ".complete").is_file():
        print("benchmarks: making a virtual environment (once)", file=sys.stderr, flush=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        run([sys.executable, "-m", "venv", folder], "virtual environment")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "-r", requirements], "pip install", stdout=sys.stderr)
        (folder / ".complete").touch()
    os.execv(python, [str(python), *sys.argv])
