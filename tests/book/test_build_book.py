"""A failed build says in the end which page failed, and why."""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_tools"))
build_book = importlib.import_module("build_book")

FAILED_CELL = """
Executing notebook using local CWD [mystnb]
[IPKernelApp] WARNING | Kernel is running over TCP without encryption.
nbclient.exceptions.CellExecutionError: An error occurred while executing the following cell:
------------------
network / 0
------------------
TypeError: unsupported operand

The above exception was the direct cause of the following exception:
  File "sphinx/io.py", line 106, in read
myst_nb.core.execute.base.ExecutionError: book/03-x.md
"""


def test_a_failed_cell_is_named_with_its_page_and_error():
    found = build_book.reasons(FAILED_CELL.splitlines())
    assert found[0] == "book/03-x.md: a cell failed"
    assert "network / 0" in found
    assert "TypeError: unsupported operand" in found
    assert not any("sphinx" in line or "IPKernelApp" in line for line in found)


def test_warnings_are_repeated():
    warning = "book/02-x.md:7: WARNING: 'myst' cross-reference target not found: 'x'"
    assert build_book.reasons(["reading sources", warning, "done"]) == [warning]
