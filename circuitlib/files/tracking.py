"""An angle that was tracked beside sorted units: that of the head, or of a stimulus."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from circuitlib.recordings.angle import Angle
from circuitlib.recordings.intervals import intersection, joined

#: The longest pause between two samples within a run of the tracking (s).
MAX_PAUSE = 0.1
#: Seconds from one sample to the next of the angle that a recording keeps.
_STEP = 1e-3
_TURN = 2 * np.pi


class Tracked(NamedTuple):
    """An angle at the times at which it was tracked.

    Parameters
    ----------
    times
        Seconds on the clock of the file, rising, shape ``(samples,)``.
    values
        Radians, shape ``(samples,)``.
    """

    times: Float[np.ndarray, " samples"]
    values: Float[np.ndarray, " samples"]

    @classmethod
    def known(cls, times: np.ndarray, values: np.ndarray, what: str) -> "Tracked":
        """Check an angle, and leave out samples without a value.

        Parameters
        ----------
        times, values
            As for the class; values are NaN where the angle was not tracked.
        what
            What it is, for messages.

        Raises
        ------
        ValueError
            If times and values do not fit each other, or are no angle.
        """
        if values.ndim != 1 or times.shape != values.shape:
            shapes = f"{values.shape} for times of {times.shape}"
            raise ValueError(f"{what} must be one number a sample, got {shapes}")
        tracked = np.isfinite(values)
        times, values = times[tracked].astype(np.float64), values[tracked].astype(np.float64)
        if len(times) < 2:
            raise ValueError(f"{what} was tracked in {len(times)} samples; two are needed")
        if not (np.diff(times) >= 0).all():
            raise ValueError(f"{what} must have times that rise")
        if np.abs(values).max() > _TURN + 1e-6:
            raise ValueError(
                f"{what} must be radians from 0 to 2 pi, got {values.min():.4g} to "
                f"{values.max():.4g}; turn degrees into radians"
            )
        return cls(times, values)

    def within(self, spans: Float[np.ndarray, "intervals 2"]) -> Float[np.ndarray, "runs 2"]:
        """Return the parts of some intervals (s) in which the angle was tracked without a pause.

        Raises
        ------
        ValueError
            If there are none.
        """
        cuts = np.flatnonzero(np.diff(self.times) > MAX_PAUSE)
        if len(cuts) == len(self.times) - 1:
            raise ValueError(f"samples of the angle must be at most {MAX_PAUSE:g} s apart")
        first, last = np.append(0, cuts + 1), np.append(cuts, len(self.times) - 1)
        common = intersection(spans, np.stack([self.times[first], self.times[last]], axis=1))
        if len(common) == 0:
            raise ValueError(
                "the angle was not tracked in the chosen time, but from "
                f"{self.times[0]:.10g} to {self.times[-1]:.10g} s"
            )
        return common

    def at(self, times: Float[np.ndarray, " at"]) -> Float[np.ndarray, " at"]:
        """Return the angle at some times, in [0, 2 pi)."""
        # Interpolating the unit vector has no jump between 2 pi and 0.
        x, y = (
            np.interp(times, self.times, part)
            for part in (np.cos(self.values), np.sin(self.values))
        )
        turned = np.mod(np.arctan2(y, x), _TURN)
        return np.where(turned < _TURN, turned, 0.0)  # a tiny negative angle rounds to a turn

    def along(self, spans: Float[np.ndarray, "intervals 2"]) -> Angle:
        """Return the angle along recorded intervals (s) that are put one after the other."""
        _, _, starts, duration = joined(np.zeros(0), spans)
        recorded = np.arange(0.0, duration, _STEP)
        run = np.searchsorted(starts, recorded, side="right") - 1
        return Angle(self.at(spans[run, 0] + recorded - starts[run]), _STEP)
