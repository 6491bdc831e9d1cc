"""Fixtures that tests of several rooms share."""

from dataclasses import replace

import pytest


@pytest.fixture
def tiny_gnn(monkeypatch):
    """Let the method "gnn-paper" train for a moment only."""
    # Imported late, because the shape checks are set up after this file is read.
    from circuitlib.methods.catalogue import METHODS

    settings = {
        "bin_width": 1e-3,
        "n_free": 20,
        "n_steps": 20,
        "n_fit": 20,
        "batch": 16,
        "kernels": 4,
        "n_pieces": 4,
        "validate_every": 10,
    }
    tiny = replace(METHODS["gnn-paper"], settings=settings, has_presets=False)
    monkeypatch.setitem(METHODS, "gnn-paper", tiny)
