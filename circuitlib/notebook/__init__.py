"""What a chapter needs besides its science: figures, recorded values, checks, tables, sliders."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["plotting"])
