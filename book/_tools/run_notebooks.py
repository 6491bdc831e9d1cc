"""Run every notebook as a reader does who has nothing: the setup cell installs the library.

circuitlib is built as a wheel. A fresh environment sees the tested dependencies but not circuitlib,
so the setup cell takes the path that it takes in Colab, with the wheel as its source.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from pathlib import Path
from queue import Empty
from typing import Any

import chapters
import nbformat
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from nbclient import NotebookClient
from traitlets import Type
from traitlets.config import Config

KERNEL = "circuitlib-fresh"
HIDDEN = ("circuitlib", "__editable__", "pip", "distutils-precedence", "_virtualenv")
LIMIT = 4.0  # GB, what the book promises a reader
LOOK_EVERY = 10.0  # seconds between looks for the answer of a kernel
MEMORY = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"


class PatientChannel(AsyncZMQSocketChannel):
    """A channel that looks for messages again and again while it waits.

    On a busy machine the wake-up for a message can be lost. The message is then found at the end
    of the wait only, which for a cell is its time limit of many minutes.
    """

    async def get_msg(  # type: ignore[override]  # as the class above
        self, timeout: float | None = None
    ) -> dict[str, Any]:
        """Return the next message; raise `Empty` if there is none before the timeout (s)."""
        end = float("inf") if timeout is None else time.monotonic() + timeout
        while True:
            left = max(end - time.monotonic(), 0.0)
            try:
                return await super().get_msg(min(left, LOOK_EVERY))
            except Empty:
                if left <= LOOK_EVERY:
                    raise


class PatientClient(AsyncKernelClient):
    """A client whose answers come through such a channel."""

    shell_channel_class = Type(PatientChannel)


def build_wheel(folder: Path) -> Path:
    """Build circuitlib and return the wheel."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(folder),
    ]
    source = folder / "source"  # a copy: an old build folder must not leak into the wheel
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(chapters.ROOT / name, source)
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("circuitlib", "book/results/runs"):
        shutil.copytree(chapters.ROOT / name, source / name, ignore=ignore)
    subprocess.run([*command, str(source)], check=True)
    return next(folder.glob("circuitlib-*.whl"))


def fresh_environment(folder: Path) -> Path:
    """Make an environment that has all dependencies but not circuitlib; return its Python."""
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    dependencies = folder / "dependencies"
    dependencies.mkdir()
    tested = {Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("platlib"))}
    for source in tested:
        for entry in source.iterdir():
            if not entry.name.startswith(HIDDEN) and entry.suffix != ".pth":
                (dependencies / entry.name).symlink_to(entry)
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    place = subprocess.run([str(python), "-c", ask], capture_output=True, text=True, check=True)
    Path(place.stdout.strip(), "dependencies.pth").write_text(f"{dependencies}\n")
    kernel = folder / "jupyter" / "kernels" / KERNEL
    kernel.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    content = {"argv": command, "display_name": KERNEL, "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(content))
    return python


def execute(path: Path, folder: Path) -> tuple[float, float]:
    """Execute a notebook in an empty folder; return seconds and peak memory in GB."""
    notebook = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    measure = nbformat.v4.new_code_cell(MEMORY)  # type: ignore[no-untyped-call]
    notebook.cells.append(measure)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        NotebookClient(
            notebook,
            timeout=900,
            kernel_name=KERNEL,
            resources={"metadata": {"path": place}},
            config=Config({"AsyncKernelManager": {"client_factory": PatientClient}}),
        ).execute()
    seconds = time.perf_counter() - start
    return seconds, int(notebook.cells[-1].outputs[0].text) / 1024**2


def main(arguments: list[str] | None = None) -> int:
    """Run the notebooks and report time and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all of the book")
    given = parser.parse_args(arguments).notebooks
    paths = given or [path.with_suffix(".ipynb") for path in chapters.chapter_paths()]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="circuitlib-notebooks-") as temporary:
        folder = Path(temporary)
        python = fresh_environment(folder)
        wheel = build_wheel(folder)
        os.environ |= {
            "CIRCUITLIB_SOURCE": str(wheel),
            "JUPYTER_PATH": str(folder / "jupyter"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        os.environ.pop("PYTHONPATH", None)
        for path in paths:
            # The wheel goes again, so that every notebook's setup cell has its work to do.
            remove = [str(python), "-m", "pip", "uninstall", "--quiet", "--yes", "circuitlib"]
            subprocess.run(remove, check=False, capture_output=True)
            for rest in (folder / "venv").glob("lib/python*/site-packages/circuitlib"):
                shutil.rmtree(rest)  # compiled caches, which look like an empty package
            try:
                seconds, memory = execute(path, folder)
                if memory > LIMIT:
                    raise MemoryError(f"{memory:.1f} GB; a chapter has {LIMIT:.0f} GB at most")
            except Exception as error:  # a failing notebook must not hide the next one
                failed += 1
                print(f"{path.name}: FAILED\n{error}", flush=True)
            else:
                print(f"{path.name}: {seconds:.0f} s, {memory:.1f} GB", flush=True)
    print(f"{len(paths) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
