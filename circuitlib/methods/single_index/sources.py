"""What a neuron's drive is a weighted sum of: traces, and what an external angle adds to them."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32

#: How a model uses an angle.
AngleUse = Literal["shift", "tuning"]

#: Harmonics of the angle to which a neuron may be tuned.
_HARMONICS = 3


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources of the drives: the traces of all neurons come first.

    Parameters
    ----------
    n_neurons
        Number of neurons.
    use
        ``"shift"``: the traces once more, multiplied by the angle. If the angle shifts the weights
        along a ring, these have the derivative of the weights, to the first order. ``"tuning"``:
        cosines and sines of the angle and its multiples, so that each neuron has a tuning curve
        beside its inputs. None: nothing.
    unit
        Radians that count as one in a shift.
    """

    n_neurons: int
    use: AngleUse | None = None
    unit: float = 1.0

    @property
    def number(self) -> int:
        """Number of sources."""
        more = {None: 0, "shift": self.n_neurons, "tuning": 2 * _HARMONICS}
        return self.n_neurons + more[self.use]

    def of(
        self,
        traces: Float32[np.ndarray, "at neurons"],
        angle: Float[np.ndarray, " at"] | None,
    ) -> Float32[np.ndarray, "at sources"]:
        """Put together the sources at some bins from the traces and the angle there."""
        if self.use is None or angle is None:
            return traces
        if self.use == "shift":
            scaled = (angle / self.unit).astype(np.float32)
            return np.concatenate((traces, traces * scaled[:, None]), axis=1)
        turns = angle[:, None] * np.arange(1, _HARMONICS + 1)
        waves = np.concatenate((np.cos(turns), np.sin(turns)), axis=1).astype(np.float32)
        return np.concatenate((traces, waves), axis=1)
