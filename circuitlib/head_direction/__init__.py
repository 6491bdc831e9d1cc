"""Head-direction cells: recordings and their controls, tuning, and places on a ring."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["tuning"])
