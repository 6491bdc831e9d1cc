"""Infer who is wired to whom in a neural circuit, from spikes alone."""

from importlib.metadata import version

import lazy_loader

__version__ = version("circuitlib")
# The names of `__init__.pyi`, each loaded when it is used: nobody waits for what is not.
__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
