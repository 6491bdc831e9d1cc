"""What a neuron's drive is a weighted sum of: traces, and what an external angle adds to them."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float, Float32

from circuitlib.recordings.angle import Angle
from circuitlib.recordings.spike_trains import Recording

#: How a model uses an angle.
AngleUse = Literal["shift", "tuning"]

#: Harmonics of the angle to which a neuron may be tuned.
_HARMONICS = 3
_MISSING = "the recording has no angle; give it one, or leave out the setting `angle`"


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

    @classmethod
    def for_recording(cls, recording: Recording, use: AngleUse | None) -> "Sources":
        """Choose the sources; a shift counts relative to the root mean square of the angle.

        Raises
        ------
        ValueError
            If the recording has no angle, or one that is zero throughout.
        """
        if use is None:
            return cls(recording.n_neurons)
        if recording.angle is None:
            raise ValueError(_MISSING)
        values = recording.angle.values if isinstance(recording.angle, Angle) else recording.angle
        size = float(np.sqrt((values**2).mean()))
        if size == 0:
            raise ValueError("the angle is zero throughout; leave out the setting `angle`")
        return cls(recording.n_neurons, use, size)

    def with_hidden(self, number: int) -> "Sources":
        """Return the sources with the traces of hidden neurons after those of the others."""
        return replace(self, n_neurons=self.n_neurons + number)

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
        """Put together the sources at some bins from the traces and the angle there.

        Raises
        ------
        ValueError
            If an angle is used, but there is none.
        """
        if self.use is None:
            return traces
        return np.concatenate((traces, self.beside(traces, angle)), axis=1)

    def beside(
        self,
        traces: Float32[np.ndarray, "at neurons"],
        angle: Float[np.ndarray, " at"] | None,
    ) -> Float32[np.ndarray, "at more"]:
        """Return what an angle adds to the traces at some bins.

        Raises
        ------
        ValueError
            If an angle is used, but there is none.
        """
        if self.use is None:
            return traces[:, :0]
        if angle is None:
            raise ValueError(_MISSING)
        if self.use == "shift":
            return traces * (angle / self.unit).astype(np.float32)[:, None]
        turns = angle[:, None] * np.arange(1, _HARMONICS + 1)
        return np.concatenate((np.cos(turns), np.sin(turns)), axis=1).astype(np.float32)


def check_use(use: object) -> None:
    """Raise `ValueError` if a setting `angle` names no use of an angle."""
    if use is not None and use not in get_args(AngleUse):
        raise ValueError(f"`angle` must be one of {get_args(AngleUse)} or None, got {use!r}")
