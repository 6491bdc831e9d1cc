"""The lanes of `make test`: all that can run does, and what failed is said in the end."""

import importlib
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_tools"))
side_by_side = importlib.import_module("side_by_side")

MAKEFILE = """
build:
\t@echo building; echo page 3 is broken >&2; exit 1
look:
\t@touch looked
unit:
\t@echo fine
run:
\t@touch ran
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "Makefile").write_text(MAKEFILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_failing_step_stops_its_own_lane_only(folder, capfd):
    assert side_by_side.main(["build look", "unit run"]) == 1
    assert not (folder / "looked").exists()
    assert (folder / "ran").exists()
    output = capfd.readouterr().out
    ending = output.split("=== make build failed; its last lines:")[1]
    assert "page 3 is broken" in ending
    results = dict(line.split()[:2] for line in ending.splitlines() if " min of " in line)
    assert results == {"build": "FAILED", "look": "not", "unit": "passed", "run": "passed"}


def test_every_line_of_output_names_its_step(folder, capfd):
    assert side_by_side.main(["unit", "look run"]) == 0
    assert "unit | fine" in capfd.readouterr().out
    assert (folder / "looked").exists()
