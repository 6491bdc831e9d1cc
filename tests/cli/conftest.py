"""An empty folder to work in, and the one line that a refused command prints."""

import re

import pytest


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused_in_one_line(capsys):
    """Check that a command gave its reason in one line."""

    def check(message):
        error = capsys.readouterr().err.strip()
        lines = [line for line in error.splitlines() if line.startswith("circuitlib")]
        assert len(lines) == 1
        assert "Traceback" not in error
        assert re.search(message, lines[0])

    return check
