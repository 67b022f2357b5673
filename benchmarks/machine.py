"""What the comparisons say about the machine they ran on."""
import os
import platform
from pathlib import Path

# Vector instructions that kernels of either side use, by their names in Linux.
KNOWN = ["avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8",
         "amx_bf16", "asimddp", "i8mm", "bf16", "sve", "sve2"]


def cpu_info():
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    return {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}


def features():
    """The vector instructions this processor has, as far as the system says."""
    info = cpu_info()
    flags = set(info.get("flags", info.get("Features", "")).split())
    return [feature for feature in KNOWN if feature in flags]


def describe():
    """Processor, features and system, for the line above a table."""
    cpu = cpu_info().get("model name", platform.machine())
    return f"{cpu}, {os.cpu_count()} processors: {' '.join(features()) or 'no known vector features'}; " \
           f"{platform.system()} {platform.release()}"


def load():
    """Processes that want to run, of the last minute."""
    return os.getloadavg()[0]


def memory(pid):
    """Resident memory of a process in MiB; None where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith("VmRSS:")), None)
