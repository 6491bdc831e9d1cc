"""A recording of head-direction cells: spikes, and where the head pointed meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float

from circuitlib.head_direction.tuning import TAU, TuningCurves, tuning_curves
from circuitlib.recordings.spikes import Spikes


@dataclass(frozen=True, slots=True, eq=False)
class HeadDirectionRecording:
    """Spike counts of head-direction cells, and where the head pointed meanwhile.

    Parameters
    ----------
    spikes
        Counts in the time bins in which the head was tracked, awake. ``spikes.starts`` are the
        first bins of the uninterrupted runs.
    angle
        Head angle in each bin, radians in [0, 2 pi), shape ``(time,)``; zero is arbitrary.
    source
        Where the recording comes from, for a figure's caption.
    sha256
        Hash of the file that it was read from, None if it was computed.
    is_stand_in
        Whether it is simulated and only stands in for a recording from an animal.
    sleep
        Counts of the same cells in sleep, where no head angle drives them, by the kind of sleep
        ("REM", "slow-wave", or "sleep" if it is not known); empty if there are none.

    Raises
    ------
    ValueError
        If the angle does not fit the spikes or is not in [0, 2 pi), or the cells in sleep are not
        as many.
    """

    spikes: Spikes
    angle: Float[np.ndarray, " time"]
    source: str
    sha256: str | None = None
    is_stand_in: bool = False
    sleep: Mapping[str, Spikes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check angle and spikes against each other, and keep the angle with the spikes too."""
        if self.angle.shape != (self.spikes.n_bins,):
            raise ValueError(
                f"`angle` must have shape ({self.spikes.n_bins},), got {self.angle.shape}"
            )
        if not np.isfinite(self.angle).all():
            raise ValueError("`angle` holds NaN or infinite values; leave out untracked bins")
        if self.angle.min() < 0 or self.angle.max() >= TAU:
            raise ValueError(
                "`angle` must be radians in [0, 2 pi), "
                f"got {self.angle.min():g} to {self.angle.max():g}"
            )
        for kind, asleep in self.sleep.items():
            if asleep.n_neurons != self.spikes.n_neurons:
                raise ValueError(
                    f"{kind} sleep holds {asleep.n_neurons} cells, wakefulness holds "
                    f"{self.spikes.n_neurons}"
                )
        # A method that is told of an angle looks for it beside the spikes.
        object.__setattr__(self, "spikes", replace(self.spikes, angle=self.angle))

    def split(self, fraction: float) -> tuple["HeadDirectionRecording", "HeadDirectionRecording"]:
        """Cut the recording in time, without sleep: the first `fraction` of the bins, the rest."""
        first, rest = self.spikes.split(fraction)
        cut = first.n_bins
        return (
            replace(self, spikes=first, angle=self.angle[:cut], sleep={}),
            replace(self, spikes=rest, angle=self.angle[cut:], sleep={}),
        )

    def select(self, neurons: object) -> "HeadDirectionRecording":
        """Keep the given neurons, in the given order, or those of a mask."""
        asleep = {kind: spikes.select(neurons) for kind, spikes in self.sleep.items()}
        return replace(self, spikes=self.spikes.select(neurons), sleep=asleep)

    def tuning_curves(self) -> TuningCurves:
        """Tuning curves with the paper's bins and smoothing; see :func:`tuning_curves`."""
        return tuning_curves(self.spikes, self.angle)
