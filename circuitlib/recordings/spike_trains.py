"""Recordings of spikes as spike times."""

import os
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from circuitlib._npz import write_archive
from circuitlib.recordings.spikes import ROUNDING, Spikes, check_fraction


@dataclass(frozen=True, slots=True, eq=False)
class SpikeTrains:
    """Spike times of a population.

    Parameters
    ----------
    times
        Spike times in seconds from the start of the recording, one neuron after the other and
        rising within each neuron, shape ``(spikes,)``.
    offsets
        Neuron `i` has ``times[offsets[i]:offsets[i + 1]]``, shape ``(neurons + 1,)``.
    duration
        Length of the recording in seconds.

    Raises
    ------
    ValueError
        If the offsets do not fit the times, or a time is NaN, out of order or outside.
    """

    times: Float[np.ndarray, " spikes"]
    offsets: Int[np.ndarray, " offsets"]
    duration: float

    def __post_init__(self) -> None:
        times, offsets = self.times, self.offsets
        if times.ndim != 1 or offsets.ndim != 1:
            raise ValueError(
                "`times` and `offsets` must be one-dimensional, "
                f"got shapes {times.shape} and {offsets.shape}"
            )
        if len(times) == 0 or len(offsets) < 2:
            raise ValueError("the recording is empty: it holds no spikes")
        if offsets[0] != 0 or offsets[-1] != len(times) or (np.diff(offsets) < 0).any():
            raise ValueError(f"`offsets` must rise from 0 to the number of spikes ({len(times)})")
        if not np.isfinite(times).all():
            raise ValueError("`times` holds NaN or infinite values; remove those spikes first")
        if not (np.isfinite(self.duration) and self.duration > 0):
            raise ValueError(f"`duration` in seconds must be positive, got {self.duration}")
        if times.min() < 0 or times.max() > self.duration:
            raise ValueError(f"`times` must lie between 0 and the duration ({self.duration:g} s)")
        back = np.diff(times) < 0
        borders = offsets[(offsets > 0) & (offsets < len(times))] - 1
        back[borders] = False
        if back.any():
            raise ValueError("`times` must rise within each neuron; sort them first")

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.offsets) - 1

    @property
    def n_spikes(self) -> int:
        """Number of spikes of all neurons together."""
        return len(self.times)

    @property
    def rates(self) -> Float[np.ndarray, " neurons"]:
        """Mean firing rate of each neuron in hertz."""
        return np.diff(self.offsets) / self.duration

    def __getitem__(self, neuron: int) -> Float[np.ndarray, " times"]:
        """Return the spike times of one neuron, a view."""
        if not 0 <= neuron < self.n_neurons:
            raise IndexError(f"neuron {neuron} is not one of 0 to {self.n_neurons - 1}")
        return self.times[self.offsets[neuron] : self.offsets[neuron + 1]]

    def intervals(self) -> Float[np.ndarray, " intervals"]:
        """Return the inter-spike intervals of all neurons in seconds."""
        gaps = np.diff(self.times)
        borders = self.offsets[(self.offsets > 0) & (self.offsets < self.n_spikes)] - 1
        return np.delete(gaps, np.unique(borders))

    def split(self, fraction: float) -> tuple["SpikeTrains", "SpikeTrains"]:
        """Cut the recording in time: the first `fraction` of it, and the rest."""
        check_fraction(fraction)
        cut = fraction * self.duration
        return self.between(0.0, cut), self.between(cut, self.duration)

    def between(self, start: float, stop: float) -> "SpikeTrains":
        """Return the spikes from `start` up to `stop` (seconds); times count from `start`."""
        inside = (self.times >= start) & (self.times < stop)
        passed = np.concatenate(([0], np.cumsum(inside)))
        return SpikeTrains(self.times[inside] - start, passed[self.offsets], stop - start)

    def select(self, neurons: Int[np.ndarray, " chosen"]) -> "SpikeTrains":
        """Keep the given neurons, in the given order."""
        trains = [self[int(i)] for i in neurons]
        offsets = np.cumsum([0] + [len(train) for train in trains])
        return SpikeTrains(np.concatenate(trains), offsets, self.duration)

    def bins(self, dt: float) -> tuple[Int[np.ndarray, " spikes"], int]:
        """Return the bin of each spike, and the number of bins of `dt` seconds.

        A spike in an unfilled last bin has the number of bins as its own.
        """
        if not (np.isfinite(dt) and dt > 0):
            raise ValueError(f"`dt` is a bin width in seconds and must be positive, got {dt}")
        # Times on the simulation's grid must not slip below the edge of their bin.
        return (self.times / dt + ROUNDING).astype(np.int64), int(self.duration / dt + ROUNDING)

    def binned(self, dt: float) -> Spikes:
        """Count the spikes in bins of `dt` seconds; an unfilled last bin is left out."""
        bins, n_bins = self.bins(dt)
        if n_bins == 0:
            raise ValueError(f"the recording ({self.duration:g} s) is shorter than one bin")
        counts = np.zeros((n_bins, self.n_neurons), dtype=np.uint8)
        for neuron in range(self.n_neurons):
            own = bins[self.offsets[neuron] : self.offsets[neuron + 1]]
            column = np.bincount(own[own < n_bins], minlength=n_bins)
            if column.max() > 255:
                raise ValueError(f"more than 255 spikes in a bin of {dt:g} s; use narrower bins")
            counts[:, neuron] = column
        return Spikes(counts, dt)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a file of this recording holds, by name."""
        return {
            "spike_times": self.times,
            "spike_offsets": self.offsets,
            "duration": np.array(self.duration),
        }

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording to an ``.npz`` file, whole or not at all."""
        write_archive(path, self.arrays())


#: What every method can see.
Recording = Spikes | SpikeTrains
