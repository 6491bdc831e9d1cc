"""Build the book strictly in the present folder; if it fails, say in the end which page and why."""

import os
import re
import subprocess
import sys
from pathlib import Path

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
WARNING = re.compile(r"\b(?:WARNING|ERROR|CRITICAL): ")
PAGE = re.compile(r"ExecutionError: (\S+\.md)")
CELL = "An error occurred while executing the following cell:"
AFTER_CELL = ("The above exception", "During handling of the above", "Traceback (most recent")


def reasons(lines: list[str]) -> list[str]:
    """Return from the output of a build why it failed: a page and its cell, or warnings."""
    found = [line for line in lines if WARNING.search(line)]
    pages = [hit[1] for line in lines if (hit := PAGE.search(line))]
    for place, line in enumerate(lines):
        if CELL in line:
            end = next(
                (k for k in range(place, len(lines)) if lines[k].startswith(AFTER_CELL)), None
            )
            where = f"{pages[0]}: a cell failed" if pages else "a cell failed"
            return [*found, where, *lines[place + 1 : end]]
    return found or pages


def build(folder: Path) -> int:
    """Run the strict build; return its exit status."""
    environment = os.environ | {"CIRCUITLIB_STATIC": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    program = str(Path(sys.executable).with_name("jupyter-book"))
    command = [program, "build", ".", "-W", "-n", "--keep-going"]
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            lines.append(COLOUR.sub("", line).rstrip())
            print(lines[-1], flush=True)
    if process.returncode:
        print("\nThe book could not be built.", *reasons(lines), sep="\n")
    return process.returncode


if __name__ == "__main__":
    sys.exit(build(Path.cwd()))
