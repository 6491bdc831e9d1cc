"""Which neurons of a network are observed."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int


@dataclass(frozen=True, slots=True)
class Subset:
    """Neurons that are observed, where others are hidden.

    Parameters
    ----------
    n_observed
        Number of observed neurons.
    hidden
        Which are hidden: some at ``"random"``, drawn by the seed as ``simulate --observe`` draws
        them; ``"evenly"`` spaced ones; or those of an ``"arc"`` of the ring.
    """

    n_observed: int
    hidden: Literal["random", "evenly", "arc"] = "random"

    def observed(self, n_neurons: int, seed: int) -> Int[np.ndarray, " observed"]:
        """Return the numbers of the observed neurons, rising."""
        if self.hidden == "random":
            return np.sort(np.random.default_rng(seed).permutation(n_neurons)[: self.n_observed])
        n_hidden = n_neurons - self.n_observed
        hidden = np.arange(n_hidden)
        if self.hidden == "evenly":
            hidden = hidden * n_neurons // max(n_hidden, 1)
        return np.setdiff1d(np.arange(n_neurons), hidden)
