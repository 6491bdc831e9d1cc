"""A notebook in which nothing is drawn."""

from types import SimpleNamespace

import pytest


@pytest.fixture
def shown(monkeypatch):
    """A notebook without a kernel that collects what is displayed."""
    # Imported late, because the shape checks are set up after this file is read.
    from circuitlib.notebook import display

    things = []
    monkeypatch.setattr(display, "shell", lambda: SimpleNamespace(kernel=None))
    monkeypatch.setattr(display, "show", lambda thing, **options: things.append((thing, options)))
    return things
