"""Where a result comes from: software, commit and machine."""

import hashlib
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any


def software_versions() -> dict[str, str]:
    """Return the versions of the software that results depend on."""
    names = ("circuitlib", "numpy", "scipy", "scikit-learn", "numba", "torch", "torch-geometric")
    return {"python": platform.python_version()} | {name: version(name) for name in names}


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file, or of the sorted spikes in a folder without the raw data."""
    if not path.is_dir():
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    whole = hashlib.sha256()
    for file in sorted(path.iterdir()):
        if file.suffix in (".npy", ".tsv", ".py") and file.is_file():
            whole.update(f"{file.name} {content_hash(file)}\n".encode())
    return whole.hexdigest()


def commit() -> dict[str, Any] | None:
    """Return the commit of the library, and whether its files differ from it; None elsewhere."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", "circuitlib", "pyproject.toml")
        return {"hash": git("rev-parse", "HEAD"), "dirty": bool(changed)}
    except (OSError, subprocess.CalledProcessError):
        return None


def hardware(device: str) -> dict[str, Any]:
    """Describe the machine as far as it decides how long a run takes."""
    import torch

    name = platform.processor() or platform.machine()
    cpu = Path("/proc/cpuinfo")
    if cpu.exists():
        models = [line for line in cpu.read_text().splitlines() if line.startswith("model name")]
        name = models[0].partition(":")[2].strip() if models else name
    gpu = torch.cuda.get_device_name(device) if device.startswith("cuda") else None
    threads = torch.get_num_threads()
    return {"cpu": name, "cores": os.cpu_count(), "threads": threads, "gpu": gpu}
