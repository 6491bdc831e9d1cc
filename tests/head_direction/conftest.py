"""The real session, where it is at hand."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mouse_file():
    path = Path(os.environ.get("CIRCUITLIB_DATA", ""), "head_direction", "Mouse12-120806.npz")
    if not path.is_file():
        # No licence for the file is known, so the project does not hold it; integration has it.
        pytest.skip("CIRCUITLIB_DATA names no folder with head_direction/Mouse12-120806.npz")
    return path


@pytest.fixture(scope="session")
def mouse(mouse_file):
    # Imported late, because the shape checks are set up after this file is read.
    from circuitlib.head_direction.files import load_head_direction

    return load_head_direction(mouse_file)
