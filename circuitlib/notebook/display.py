"""The display of a notebook, if there is one: the same call is silent in plain Python."""

import importlib.util
from typing import Any


def shell() -> Any:
    """Return the running IPython shell, or None in plain Python."""
    if importlib.util.find_spec("IPython") is None:
        return None
    from IPython import get_ipython

    return get_ipython()


def show(thing: Any, **options: Any) -> None:
    """Display in the notebook, if there is one."""
    if shell() is not None:
        from IPython.display import display

        display(thing, **options)  # type: ignore[no-untyped-call]
