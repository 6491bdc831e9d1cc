"""Recordings of spikes, as counts in time bins or as spike times."""

import os
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int, UInt8

from circuitlib._npz import ArchiveError, read_archive, write_archive

#: Bin edges agree to this part of a bin, so that 0.3 s holds three bins of 0.1 s.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Spikes:
    """Spike counts of a population in equal time bins.

    Parameters
    ----------
    counts
        Spikes per bin, shape ``(time, neurons)``.
    dt
        Bin width in seconds.
    starts
        First bin of each uninterrupted run, shape ``(runs,)``. A recording without gaps has one
        run that starts at bin 0. Filters and windows never cross from one run into the next.

    Raises
    ------
    ValueError
        If the recording is empty, `dt` is not positive, or `starts` do not rise from 0.
    """

    counts: UInt8[np.ndarray, "time neurons"]
    dt: float
    starts: Int[np.ndarray, " runs"] = field(default_factory=lambda: np.zeros(1, dtype=int))

    def __post_init__(self) -> None:
        if self.counts.ndim != 2:
            raise ValueError(f"`counts` must have shape (time, neurons), got {self.counts.shape}")
        if 0 in self.counts.shape:
            raise ValueError(f"the recording is empty: `counts` has shape {self.counts.shape}")
        if not (np.isfinite(self.dt) and self.dt > 0):
            raise ValueError(f"`dt` is a bin width in seconds and must be positive, got {self.dt}")
        starts = self.starts
        rising = len(starts) > 0 and starts[0] == 0 and (np.diff(starts) > 0).all()
        if not rising or starts[-1] >= len(self.counts):
            raise ValueError("`starts` must rise from 0 and stay within the recording")

    @classmethod
    def from_counts(cls, counts: np.ndarray, dt: float) -> "Spikes":
        """Check counts of any numeric type, such as a file's, and take them over.

        Raises
        ------
        ValueError
            If a count is NaN, negative, fractional or above 255.
        """
        counts = np.asarray(counts)
        if counts.ndim != 2:
            raise ValueError(f"`counts` must have shape (time, neurons), got {counts.shape}")
        if counts.dtype.kind not in "biuf":
            raise ValueError(f"`counts` must be numbers, got type {counts.dtype}")
        if np.isnan(counts).any():
            raise ValueError("`counts` holds NaN; remove those bins first")
        if counts.size and counts.min() < 0:
            raise ValueError(f"`counts` must not be negative, got {counts.min()}")
        if counts.size and counts.max() > 255:
            raise ValueError(f"`counts` above 255 per bin, got {counts.max()}; use narrower bins")
        whole = counts.astype(np.uint8)
        if (whole != counts).any():
            raise ValueError("`counts` must be whole numbers; give spikes per bin, not rates")
        return cls(whole, float(dt))

    @property
    def n_bins(self) -> int:
        """Number of time bins."""
        return len(self.counts)

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return int(self.counts.shape[1])

    @property
    def n_spikes(self) -> int:
        """Number of spikes of all neurons together."""
        return int(self.counts.sum(dtype=np.int64))

    @property
    def duration(self) -> float:
        """Recorded time in seconds."""
        return self.n_bins * self.dt

    @property
    def rates(self) -> Float[np.ndarray, " neurons"]:
        """Mean firing rate of each neuron in hertz."""
        return np.asarray(self.counts.sum(axis=0, dtype=np.int64) / self.duration)

    def split(self, fraction: float) -> tuple["Spikes", "Spikes"]:
        """Cut the recording in time: the first `fraction` of the bins, and the rest."""
        _check_fraction(fraction)
        cut = round(fraction * self.n_bins)
        return self.window(0, cut), self.window(cut, self.n_bins - cut)

    def window(self, first: int, n_bins: int) -> "Spikes":
        """Return `n_bins` bins from bin `first` on, as a view that copies nothing."""
        if first < 0 or n_bins < 1 or first + n_bins > self.n_bins:
            raise ValueError(
                f"bins {first} to {first + n_bins} are not within the {self.n_bins} recorded bins"
            )
        inside = (self.starts > first) & (self.starts < first + n_bins)
        starts = np.concatenate(([0], self.starts[inside] - first))
        return Spikes(self.counts[first : first + n_bins], self.dt, starts)

    def select(self, neurons: Int[np.ndarray, " chosen"]) -> "Spikes":
        """Keep the given neurons, in the given order."""
        return Spikes(self.counts[:, neurons], self.dt, self.starts)

    def binned(self, dt: float) -> "Spikes":
        """Return counts in bins of `dt` seconds, a whole multiple of the present width."""
        factor = round(dt / self.dt)
        if factor < 1 or abs(factor - dt / self.dt) > _ROUNDING * factor:
            raise ValueError(
                f"counts in bins of {self.dt:g} s cannot be put into bins of {dt:g} s; "
                f"choose a whole multiple of {self.dt:g} s"
            )
        if factor == 1:
            return self
        stops = np.append(self.starts[1:], self.n_bins)
        # A run's last bins that do not fill a wide bin are left out.
        runs = [
            self.counts[start : start + (stop - start) // factor * factor]
            for start, stop in zip(self.starts, stops, strict=True)
        ]
        runs = [run for run in runs if len(run)]
        if not runs:
            raise ValueError(f"no run of the recording is as long as one bin of {dt:g} s")
        sums = [run.reshape(-1, factor, self.n_neurons).sum(axis=1, dtype=int) for run in runs]
        starts = np.cumsum([0] + [len(run) for run in sums[:-1]])
        wide = Spikes.from_counts(np.concatenate(sums), dt)
        return Spikes(wide.counts, dt, starts)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a file of this recording holds, by name."""
        return {"counts": self.counts, "dt": np.array(self.dt), "starts": self.starts}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording to an ``.npz`` file, whole or not at all."""
        write_archive(path, self.arrays())


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
        _check_fraction(fraction)
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

    def binned(self, dt: float) -> Spikes:
        """Count the spikes in bins of `dt` seconds; an unfilled last bin is left out."""
        if not (np.isfinite(dt) and dt > 0):
            raise ValueError(f"`dt` is a bin width in seconds and must be positive, got {dt}")
        n_bins = int(self.duration / dt + _ROUNDING)
        if n_bins == 0:
            raise ValueError(f"the recording ({self.duration:g} s) is shorter than one bin")
        counts = np.zeros((n_bins, self.n_neurons), dtype=np.uint8)
        for neuron in range(self.n_neurons):
            # Times on the simulation's grid must not slip below the edge of their bin.
            bins = (self[neuron] / dt + _ROUNDING).astype(np.int64)
            column = np.bincount(bins[bins < n_bins], minlength=n_bins)
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


Recording = Spikes | SpikeTrains


def load_spikes(path: str | os.PathLike[str]) -> Recording:
    """Read a recording from an ``.npz`` file.

    Parameters
    ----------
    path
        A file with ``spike_times`` (s) and ``spike_offsets`` (neurons + 1), or with ``counts``
        (time, neurons) and ``dt`` (s).

    Returns
    -------
    SpikeTrains or Spikes
        The recording, checked.

    Raises
    ------
    ArchiveError
        If the file cannot be read or its content is not a recording.
    """
    return recording_from_arrays(path, read_archive(path))


def recording_from_arrays(path: str | os.PathLike[str], arrays: dict[str, np.ndarray]) -> Recording:
    """Check the arrays of the file at `path` and make a recording of them."""
    try:
        if "spike_times" in arrays and "spike_offsets" in arrays:
            times = np.asarray(arrays["spike_times"], dtype=np.float64)
            offsets = arrays["spike_offsets"]
            if offsets.dtype.kind not in "iu":
                raise ValueError(f"`spike_offsets` must be whole numbers, got {offsets.dtype}")
            last = float(times.max()) if times.size else 0.0
            duration = float(arrays.get("duration", np.array(last)))
            return SpikeTrains(times, offsets.astype(np.int64), duration)
        if "counts" in arrays and "dt" in arrays:
            spikes = Spikes.from_counts(arrays["counts"], float(arrays["dt"]))
            starts = np.asarray(arrays.get("starts", spikes.starts), dtype=int)
            return Spikes(spikes.counts, spikes.dt, starts)
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: {error}") from None
    raise ArchiveError(
        f"{path}: holds no recording; it needs `spike_times` and `spike_offsets`, "
        "or `counts` and `dt`"
    )


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise ValueError(f"`fraction` must lie between 0 and 1, got {fraction}")
