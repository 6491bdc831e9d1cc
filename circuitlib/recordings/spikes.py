"""Recordings of spikes as counts in time bins."""

import os
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int, UInt8

from circuitlib._npz import write_archive
from circuitlib.recordings.runs import Runs
from circuitlib.recordings.selection import chosen

#: Bin edges agree to this part of a bin, so that 0.3 s holds three bins of 0.1 s.
ROUNDING = 1e-6


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
        _ = self.runs  # which checks them

    @classmethod
    def from_counts(
        cls, counts: object, dt: float, starts: Int[np.ndarray, " runs"] | None = None
    ) -> "Spikes":
        """Check counts of any numeric type, such as a file's, and take them over.

        Raises
        ------
        ValueError
            If a count is NaN, masked, negative, fractional or above 255, or as for the class.
        """
        whole = _whole_counts(counts)
        return cls(whole, dt) if starts is None else cls(whole, dt, starts)

    @property
    def runs(self) -> Runs:
        """The uninterrupted runs."""
        return Runs(self.starts, len(self.counts))

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
        check_fraction(fraction)
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

    def select(self, neurons: object) -> "Spikes":
        """Keep the given neurons, in the given order, or those of a mask; see `chosen`."""
        return Spikes(self.counts[:, chosen(neurons, self.n_neurons)], self.dt, self.starts)

    def binned(self, dt: float) -> "Spikes":
        """Return counts in bins of `dt` seconds, a whole multiple of the present width."""
        factor = round(dt / self.dt)
        if factor < 1 or abs(factor - dt / self.dt) > ROUNDING * factor:
            raise ValueError(
                f"counts in bins of {self.dt:g} s cannot be put into bins of {dt:g} s; "
                f"choose a whole multiple of {self.dt:g} s"
            )
        if factor == 1:
            return self
        runs = [self.counts[run] for run in self.runs.slices]
        # A run's last bins that do not fill a wide bin are left out.
        runs = [run[: len(run) // factor * factor] for run in runs if len(run) >= factor]
        if not runs:
            raise ValueError(f"no run of the recording is as long as one bin of {dt:g} s")
        sums = [run.reshape(-1, factor, self.n_neurons).sum(axis=1, dtype=int) for run in runs]
        starts = np.cumsum([0] + [len(run) for run in sums[:-1]])
        return Spikes.from_counts(np.concatenate(sums), dt, starts)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a file of this recording holds, by name."""
        return {"counts": self.counts, "dt": np.array(self.dt), "starts": self.starts}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording to an ``.npz`` file, whole or not at all."""
        write_archive(path, self.arrays())


def _whole_counts(counts: object) -> UInt8[np.ndarray, "time neurons"]:
    """Return counts as bytes; refuse what would change by it."""
    if np.ma.is_masked(counts):
        raise ValueError("`counts` holds masked values; remove those bins first")
    given = np.asarray(counts)
    if given.dtype.kind not in "biuf":
        raise ValueError(f"`counts` must be numbers, got type {given.dtype}")
    if given.ndim != 2:
        raise ValueError(f"`counts` must have shape (time, neurons), got {given.shape}")
    if np.isnan(given).any():
        raise ValueError("`counts` holds NaN; remove those bins first")
    if given.size and given.min() < 0:
        raise ValueError(f"`counts` must not be negative, got {given.min()}")
    if given.size and given.max() > 255:
        raise ValueError(f"`counts` above 255 per bin, got {given.max()}; use narrower bins")
    whole = given.astype(np.uint8, copy=False)
    if (whole != given).any():
        raise ValueError("`counts` must be whole numbers; give spikes per bin, not rates")
    return whole


def one_number(name: str, value: object) -> float:
    """Return a finite number, which may come as an array of one; refuse others by name."""
    given = np.asarray(value)
    if given.size != 1 or given.dtype.kind not in "iuf" or not np.isfinite(given).all():
        raise ValueError(f"`{name}` must be one finite number, got {value!r}")
    return float(given.ravel()[0])


def seconds(name: str, value: object) -> float:
    """Return a time in seconds as a number; refuse what is no positive one."""
    time = one_number(name, value)
    if time <= 0:
        raise ValueError(f"`{name}` in seconds must be positive, got {time:g}")
    return time


def whole_numbers(name: str, values: object) -> Int[np.ndarray, " numbers"]:
    """Return whole numbers as such; refuse others by name."""
    given = np.asarray(values)
    if given.ndim != 1 or given.dtype.kind not in "iu":
        raise ValueError(
            f"`{name}` must be whole numbers, one-dimensional, "
            f"got shape {given.shape} and type {given.dtype}"
        )
    return given.astype(np.int64)


def check_fraction(fraction: float) -> None:
    """Raise `ValueError` unless a part of a recording lies between 0 and 1."""
    if not 0 < fraction < 1:
        raise ValueError(f"`fraction` must lie between 0 and 1, got {fraction}")
