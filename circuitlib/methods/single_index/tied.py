"""What every structure of the weights can do, whatever ties them together."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from circuitlib.methods.single_index.quadratic import Quadratic


@runtime_checkable
class Tied(Protocol):
    """Weights between neurons that a structure ties together."""

    @property
    def weights(self) -> Float[np.ndarray, "post pre"]:
        """The weights ``[post, pre]``, with a zero diagonal; hidden neurons come last."""
        ...

    @property
    def all_weights(self) -> Float[np.ndarray, "nodes nodes"]:
        """The same with the weights to hidden neurons, where there are any."""
        ...

    @property
    def scatter(self) -> Float[np.ndarray, "post pre"]:
        """What chance in the fit adds to the standard errors of the weights."""
        ...

    def scaled(self, factor: float) -> "Tied":
        """Return the structure with weights that are `factor` times as large."""
        ...

    def refit(self, train: Quadratic, directed: bool) -> "Tied":
        """Fit the structure to an expansion of the likelihood, from where it stands."""
        ...

    def response(
        self, other: Quadratic, directed: bool, draw: int
    ) -> Float[np.ndarray, "post pre"]:
        """Return how the weights change if the structure is fitted to another likelihood."""
        ...
