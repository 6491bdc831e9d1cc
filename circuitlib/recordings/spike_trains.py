"""Recordings of spikes as spike times."""

import os
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from circuitlib._npz import write_archive
from circuitlib.recordings.angle import Angle
from circuitlib.recordings.arguments import (
    check_fits,
    check_fraction,
    check_offsets,
    check_runs,
    check_times,
    numbers,
    one_number,
    precision_of,
    seconds,
    stored_names,
    unit_names,
    whole_numbers,
)
from circuitlib.recordings.intervals import joined, recorded
from circuitlib.recordings.runs import Runs
from circuitlib.recordings.selection import chosen
from circuitlib.recordings.spikes import ROUNDING, Spikes

#: Seconds to which a time is known at best.
_PRECISION = 2.0**-22


@dataclass(frozen=True, slots=True, eq=False, init=False)
class SpikeTrains:
    """Spike times of a population.

    Parameters
    ----------
    times
        Spike times in seconds of recorded time from the start, one neuron after the other and
        rising within each neuron, shape ``(spikes,)``.
    offsets
        Neuron `i` has ``times[offsets[i]:offsets[i + 1]]``, shape ``(neurons + 1,)``.
    duration
        Recorded time in seconds.
    run_starts
        Recorded time at which each uninterrupted run begins, shape ``(runs,)``. A recording without
        gaps has one run that begins at 0. For times on another clock, or with gaps in them, see
        :meth:`within`.
    precision
        Seconds to which the times are known; nearer to the edge of a bin they count as on it. At
        least that of a clock which counts from 1970 in double precision, and that of the times if
        they come in single precision.
    units
        Names of the neurons; "0", "1", ... if not given.
    angle
        An angle that was recorded beside the spikes, such as an external input; None if there is
        none.

    Raises
    ------
    ValueError
        If the offsets do not fit the times, a time is NaN, out of order or outside, the runs do
        not rise from 0, or a name comes twice.
    """

    times: Float[np.ndarray, " spikes"]
    offsets: Int[np.ndarray, " offsets"]
    duration: float
    run_starts: Float[np.ndarray, " runs"]
    precision: float
    units: tuple[str, ...]
    angle: Angle | None

    def __init__(
        self,
        times: object,
        offsets: object,
        duration: object,
        *,
        run_starts: object = (0.0,),
        precision: object = _PRECISION,
        units: object = None,
        angle: Angle | None = None,
    ) -> None:
        given, borders = numbers("times", times), whole_numbers("offsets", offsets)
        # A frozen record sets its own fields in this way only.
        object.__setattr__(self, "times", given.astype(np.float64, copy=False))
        object.__setattr__(self, "offsets", borders)
        object.__setattr__(self, "duration", seconds("duration", duration))
        starts = numbers("run_starts", run_starts).astype(np.float64, copy=False)
        object.__setattr__(self, "run_starts", starts)
        known_to = max(one_number("precision", precision), precision_of(given), _PRECISION)
        object.__setattr__(self, "precision", known_to)
        object.__setattr__(self, "units", unit_names(units, len(borders) - 1))
        object.__setattr__(self, "angle", angle)
        check_times(self.times, borders, self.duration)
        check_runs(starts, self.duration)

    @classmethod
    def within(
        cls,
        times: object,
        offsets: object,
        intervals: object,
        *,
        precision: float = _PRECISION,
        units: object = None,
    ) -> "SpikeTrains":
        """Keep the spikes in the recorded intervals, and join the intervals.

        Time that nobody recorded is left out: it is not silence.

        Parameters
        ----------
        times, offsets
            As for the class, but times on any clock, in seconds.
        intervals
            Start and stop of each recorded interval on the same clock, in seconds, shape
            ``(intervals, 2)``, or a list of such arrays, one for each neuron; see
            :func:`circuitlib.recordings.intervals.recorded`. A spike at a stop lies outside, but
            for the last one.
        precision, units
            As for the class.

        Returns
        -------
        SpikeTrains
            One run for each interval.

        Raises
        ------
        ValueError
            If the intervals are empty or overlap, or hold no spike.
        """
        spans = recorded(intervals)
        if not np.isfinite(spans).all():
            raise ValueError("`intervals` must be finite")
        given, borders = numbers("times", times), whole_numbers("offsets", offsets)
        if given.ndim != 1 or not np.isfinite(given).all():
            raise ValueError("`times` must be one-dimensional, without NaN or infinite values")
        check_offsets(borders, len(given))
        kept, inside, starts, duration = joined(given.astype(np.float64), spans)
        return cls(
            kept,
            np.concatenate(([0], np.cumsum(inside)))[borders],
            duration,
            run_starts=starts,
            precision=max(precision, precision_of(given)),
            units=units,
        )

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
        """Return the inter-spike intervals of all neurons in seconds, none across a gap."""
        gaps = np.diff(self.times)
        borders = self.offsets[(self.offsets > 0) & (self.offsets < self.n_spikes)] - 1
        crossing = np.flatnonzero(np.diff(self._runs_of_spikes()))
        return np.delete(gaps, np.union1d(borders, crossing))

    def split(self, fraction: float) -> tuple["SpikeTrains", "SpikeTrains"]:
        """Cut the recording in time: the first `fraction` of it, and the rest."""
        check_fraction(fraction)
        cut = fraction * self.duration
        return self.between(0.0, cut), self.between(cut, self.duration)

    def between(self, start: float, stop: float) -> "SpikeTrains":
        """Return the spikes from `start` up to `stop` (seconds); times count from `start`.

        A simulation stays one, with its network.
        """
        inside = (self.times >= start) & (self.times < stop)
        passed = np.concatenate(([0], np.cumsum(inside)))
        later = self.run_starts[(self.run_starts > start) & (self.run_starts < stop)] - start
        runs = np.concatenate(([0.0], later))
        return replace(
            self,
            times=self.times[inside] - start,
            offsets=passed[self.offsets],
            duration=stop - start,
            run_starts=runs,
            angle=self.angle and self.angle.between(start, stop),
        )

    def select(self, neurons: object) -> "SpikeTrains":
        """Keep the given neurons, in the given order, or those of a mask; see `chosen`."""
        kept = chosen(neurons, self.n_neurons).tolist()
        trains = [self[neuron] for neuron in kept]
        return SpikeTrains(
            np.concatenate(trains),
            np.cumsum([0] + [len(train) for train in trains]),
            self.duration,
            run_starts=self.run_starts,
            precision=self.precision,
            units=[self.units[neuron] for neuron in kept],
            angle=self.angle,
        )

    def bins(
        self, dt: float
    ) -> tuple[Int[np.ndarray, " spikes"], Bool[np.ndarray, " spikes"], Runs]:
        """Tell in which bin of `dt` seconds each spike lies.

        Returns
        -------
        bins, inside, runs
            The bin of each spike; whether it lies in a bin at all, and not in the rest of a run
            that does not fill one; and the runs, of those that are as long as a bin.

        Raises
        ------
        ValueError
            If `dt` is not positive, or longer than every run.
        """
        dt = seconds("dt", dt)
        n_bins = self.bins_of_runs(dt)
        if not n_bins.any():
            raise ValueError(f"the recording ({self.duration:g} s) is shorter than one bin")
        first = np.cumsum(n_bins) - n_bins
        run = self._runs_of_spikes()
        # A time on the edge of a bin must not slip below it by its rounding.
        slack = max(ROUNDING, self.precision / dt)
        own = ((self.times - self.run_starts[run]) / dt + slack).astype(np.int64)
        return first[run] + own, own < n_bins[run], Runs(first[n_bins > 0], int(n_bins.sum()))

    def binned(self, dt: float) -> Spikes:
        """Count the spikes in bins of `dt` seconds; the unfilled last bin of a run is left out."""
        bins, inside, runs = self.bins(dt)
        check_fits(runs.n_bins * self.n_neurons, f"counts in bins of {dt:g} s")
        counts = np.zeros((runs.n_bins, self.n_neurons), dtype=np.uint8)
        for neuron in range(self.n_neurons):
            own = slice(self.offsets[neuron], self.offsets[neuron + 1])
            column = np.bincount(bins[own][inside[own]], minlength=runs.n_bins)
            if column.max() > 255:
                raise ValueError(
                    f"more than 255 spikes in {dt:g} s; use narrower bins (--bin-width)"
                )
            counts[:, neuron] = column
        angle = self.angle and self.angle.in_bins(self.run_starts, self.bins_of_runs(dt), dt)
        return Spikes(counts, dt, runs.starts, units=self.units, angle=angle)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return what a file of this recording holds, by name."""
        arrays = {
            "spike_times": self.times,
            "spike_offsets": self.offsets,
            "duration": np.array(self.duration),
        }
        if len(self.run_starts) > 1:
            arrays["run_starts"] = self.run_starts
        if self.precision > _PRECISION:
            arrays["precision"] = np.array(self.precision)
        if self.angle is not None:
            arrays |= self.angle.arrays()
        return arrays | stored_names(self.units)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the recording to an ``.npz`` file, whole or not at all."""
        write_archive(path, self.arrays())

    def bins_of_runs(self, dt: float) -> Int[np.ndarray, " runs"]:
        """Return the number of whole bins of `dt` seconds in each run."""
        lengths = np.diff(self.run_starts, append=self.duration)
        return (lengths / dt + ROUNDING).astype(np.int64)

    def _runs_of_spikes(self) -> Int[np.ndarray, " spikes"]:
        """Return the number of the run in which each spike lies."""
        return np.searchsorted(self.run_starts, self.times, side="right") - 1


#: What every method can see.
Recording = Spikes | SpikeTrains
