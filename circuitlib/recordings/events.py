"""Spikes as events on a fine time grid."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from circuitlib.recordings.angle import Angle
from circuitlib.recordings.runs import Runs
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The bins in which each neuron fired.

    A fine grid, such as that of the simulation, has few spikes for very many bins. So the spikes
    are listed, and no array has a row for each bin.

    Parameters
    ----------
    bins
        Bin of each spike, one neuron after the other and rising within each, shape ``(spikes,)``.
        A bin with several spikes of a neuron stands there several times.
    offsets
        Neuron `i` has ``bins[offsets[i]:offsets[i + 1]]``, shape ``(neurons + 1,)``.
    runs
        The uninterrupted runs of the recording.
    dt
        Bin width in seconds.
    angle, run_times
        The angle of the recording, if there is one, and the recorded time in seconds at which each
        run begins, shape ``(runs,)``.
    """

    bins: Int[np.ndarray, " spikes"]
    offsets: Int[np.ndarray, " offsets"]
    runs: Runs
    dt: float
    angle: Angle | None
    run_times: Float[np.ndarray, " runs"]

    @classmethod
    def of(cls, recording: Recording, dt: float) -> "Events":
        """List the spikes of a recording in bins of `dt` seconds."""
        if isinstance(recording, Spikes):
            spikes = recording.binned(dt)
            neurons, bins = np.nonzero(spikes.counts.T)
            times = spikes.counts[bins, neurons]
            bins, neurons = np.repeat(bins, times), np.repeat(neurons, times)
            offsets = np.searchsorted(neurons, np.arange(spikes.n_neurons + 1))
            angle = None if spikes.angle is None else Angle(spikes.angle, dt)
            return cls(bins, offsets, spikes.runs, dt, angle, spikes.starts * dt)
        bins, inside, runs = recording.bins(dt)
        passed = np.concatenate(([0], np.cumsum(inside)))
        run_times = recording.run_starts[recording.bins_of_runs(dt) > 0]
        return cls(bins[inside], passed[recording.offsets], runs, dt, recording.angle, run_times)

    def angle_at(self, bins: Int[np.ndarray, " batch"]) -> Float[np.ndarray, " batch"] | None:
        """Return the angle in the middle of some bins, if there is one."""
        if self.angle is None:
            return None
        run = np.searchsorted(self.runs.starts, bins, side="right") - 1
        own = bins - self.runs.starts[run] + 0.5
        return self.angle.at(self.run_times[run] + own * self.dt)

    @property
    def n_bins(self) -> int:
        """Bins of the recording."""
        return self.runs.n_bins

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.offsets) - 1

    @property
    def neurons(self) -> Int[np.ndarray, " spikes"]:
        """Neuron of each spike."""
        return np.repeat(np.arange(self.n_neurons), np.diff(self.offsets))

    def in_time(self) -> tuple[Int[np.ndarray, " spikes"], Int[np.ndarray, " spikes"]]:
        """Return bin and neuron of each spike, in the order of time."""
        order = np.argsort(self.bins, kind="stable")
        return self.bins[order].astype(np.int64), self.neurons[order].astype(np.int64)

    @property
    def mean_counts(self) -> Float[np.ndarray, " neurons"]:
        """Mean spikes per bin of each neuron; at least one spike is counted."""
        return np.maximum(np.diff(self.offsets), 1) / self.n_bins


def check_width(dt: float, tau: float) -> None:
    """Raise `ValueError` if bins of `dt` seconds are wider than two time constants `tau`."""
    if dt > 2 * tau:
        raise ValueError(
            f"bins of {dt:g} s are too wide for a time constant of {tau:g} s; count the spikes in "
            f"bins of at most {2 * tau:g} s, or give a larger `tau` (--bin-width, --tau)"
        )
