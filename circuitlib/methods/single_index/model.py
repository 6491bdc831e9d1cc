"""The parameters of a single-index model, and changes of them."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from circuitlib.methods.single_index.link import Link


@dataclass(frozen=True, eq=False)
class Model:
    """The parameters of a single-index model.

    Parameters
    ----------
    weights
        w, shape ``(post, sources)``. Those between neurons ``[post, pre]`` come first, with the
        weight of a neuron on itself on the diagonal; then those of what an angle adds.
    offsets
        b of each neuron, shape ``(neurons,)``.
    link
        F.
    """

    weights: Float[np.ndarray, "post sources"]
    offsets: Float[np.ndarray, " neurons"]
    link: Link

    def moved(self, by: "Step") -> "Model":
        """Return the model after a step."""
        return Model(
            self.weights + by.own[:, :-1],
            self.offsets + by.own[:, -1],
            replace(self.link, coefficients=self.link.coefficients + by.link),
        )

    @property
    def between(self) -> Float[np.ndarray, "post pre"]:
        """The weights between neurons, with those of neurons on themselves."""
        return self.weights[:, : len(self.weights)]

    def with_nodes(self, n_nodes: int) -> "Model":
        """Return the model with so many neurons; weights from the hidden ones are zero."""
        n = len(self.weights)
        between = np.zeros((n, n_nodes))
        between[:, :n] = self.between
        weights = np.concatenate((between, self.weights[:, n:]), axis=1)
        return replace(self, weights=weights)

    def scaled(self, factor: float) -> "Model":
        """Return the same model with drives that are `factor` times as large."""
        return Model(self.weights * factor, self.offsets * factor, self.link.stretched(factor))

    def drive(self, traces: np.ndarray, post: int | None = None) -> np.ndarray:
        """Return the drive of one or of all neurons."""
        weights = self.weights if post is None else self.weights[post]
        offsets = self.offsets if post is None else self.offsets[post]
        return np.asarray(traces @ weights.T.astype(np.float32) + offsets)


class Step(NamedTuple):
    """A value for each parameter: a gradient, or a change.

    `own` has the shape ``(post, sources + 1)``, with a neuron's offset last; `link`
    ``(splines,)``.
    """

    own: Float[np.ndarray, "post own"]
    link: Float[np.ndarray, " splines"]
