"""Independent random streams from one seed, without touching global state."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


def streams(seed: int, n: int) -> list[np.random.Generator]:
    """Make `n` independent generators from one seed."""
    if seed < 0:
        raise ValueError(f"`seed` must be zero or positive, got {seed}")
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(n)]


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Draw torch numbers from a seeded generator and leave the global one as it was."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


def derived_seed(*numbers: int) -> int:
    """Derive a seed for torch from a seed and the numbers of what it is for."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])
