"""Recordings of spikes as counts in time bins."""

import os
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int, UInt8

from circuitlib._npz import write_archive
from circuitlib.recordings.angle import Angle
from circuitlib.recordings.arguments import (
    check_fraction,
    numbers,
    seconds,
    stored_names,
    unit_names,
    whole_numbers,
)
from circuitlib.recordings.runs import Runs
from circuitlib.recordings.selection import chosen

#: Bin edges agree to this part of a bin, so that 0.3 s holds three bins of 0.1 s.
ROUNDING = 1e-6


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Spikes:
    """Spike counts of a population in equal time bins.

    Parameters
    ----------
    counts
        Spikes per bin, shape ``(time, neurons)``, whole numbers from 0 to 255: an array, or what
        can be made one, such as a table whose columns are the neurons.
    dt
        Bin width in seconds.
    starts
        First bin of each uninterrupted run, shape ``(runs,)``. A recording without gaps has one
        run that starts at bin 0. Filters and windows never cross from one run into the next.
    units
        Names of the neurons; the columns of a table, or "0", "1", ... if not given.
    angle
        An angle that was recorded beside the spikes, such as an external input: radians in each
        bin, shape ``(time,)``; None if there is none.

    Raises
    ------
    ValueError
        If the recording is empty, a count is NaN, masked, negative, fractional or above 255, `dt`
        is not positive, `starts` do not rise from 0, or a name comes twice.
    """

    counts: UInt8[np.ndarray, "time neurons"]
    dt: float
    starts: Int[np.ndarray, " runs"]
    units: tuple[str, ...]
    angle: Float[np.ndarray, " time"] | None

    def __init__(
        self,
        counts: object,
        dt: object,
        starts: object = (0,),
        *,
        units: object = None,
        angle: object = None,
    ) -> None:
        names = getattr(counts, "columns", None) if units is None else units
        whole = _whole_counts(counts)
        # A frozen record sets its own fields in this way only.
        object.__setattr__(self, "counts", whole)
        object.__setattr__(self, "dt", seconds("dt", dt))
        object.__setattr__(self, "starts", whole_numbers("starts", starts))
        object.__setattr__(self, "units", unit_names(names, whole.shape[1]))
        known = None if angle is None else Angle(angle, self.dt).values
        object.__setattr__(self, "angle", known)
        if known is not None and len(known) != len(whole):
            raise ValueError(f"`angle` must have shape ({len(whole)},), got {known.shape}")
        _ = self.runs  # which checks them

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
        bins = slice(first, first + n_bins)
        angle = None if self.angle is None else self.angle[bins]
        return replace(self, counts=self.counts[bins], starts=starts, angle=angle)

    def select(self, neurons: object) -> "Spikes":
        """Keep the given neurons, in the given order, or those of a mask; see `chosen`."""
        kept = chosen(neurons, self.n_neurons)
        units = tuple(self.units[neuron] for neuron in kept)
        return replace(self, counts=self.counts[:, kept], units=units)

    def binned(self, dt: float) -> "Spikes":
        """Return counts in bins of `dt` seconds, a whole multiple of the present width."""
        factor = round(dt / self.dt)
        if factor < 1 or abs(factor - dt / self.dt) > ROUNDING * factor:
            raise ValueError(
                f"counts in bins of {self.dt:g} s cannot be put into bins of {dt:g} s; "
                f"choose a whole multiple of {self.dt:g} s (--bin-width)"
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
        angle = None
        if self.angle is not None:  # that in the middle of the wide bin
            parts = [self.angle[run] for run in self.runs.slices]
            parts = [part[factor // 2 :: factor][: len(part) // factor] for part in parts]
            angle = np.concatenate(parts)
        return Spikes(np.concatenate(sums), dt, starts, units=self.units, angle=angle)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a file of this recording holds, by name."""
        arrays = {"counts": self.counts, "dt": np.array(self.dt), "starts": self.starts}
        if self.angle is not None:
            arrays["angle"] = self.angle
        return arrays | stored_names(self.units)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording to an ``.npz`` file, whole or not at all."""
        write_archive(path, self.arrays())


def _whole_counts(counts: object) -> UInt8[np.ndarray, "time neurons"]:
    """Return counts as bytes; refuse what would change by it."""
    given = numbers("counts", counts)
    if given.ndim != 2:
        raise ValueError(f"`counts` must have shape (time, neurons), got {given.shape}")
    if 0 in given.shape:
        raise ValueError(f"the recording is empty: `counts` has shape {given.shape}")
    if given.dtype == np.uint8:
        return given
    if np.isnan(given).any():
        raise ValueError("`counts` holds NaN; remove those bins first")
    if given.min() < 0:
        raise ValueError(f"`counts` must not be negative, got {given.min()}")
    if given.max() > 255:
        raise ValueError(f"`counts` above 255 per bin, got {given.max()}; use narrower bins")
    whole = given.astype(np.uint8)
    if (whole != given).any():
        raise ValueError("`counts` must be whole numbers; give spikes per bin, not rates")
    return whole
