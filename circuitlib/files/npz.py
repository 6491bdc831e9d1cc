"""Spikes files of this library: plain arrays in an ``.npz``."""

from pathlib import Path

import numpy as np

from circuitlib._npz import ArchiveError, read_archive, read_json
from circuitlib.files.clock import Clock
from circuitlib.files.sorted_units import SortedUnits
from circuitlib.recordings.angle import Angle
from circuitlib.recordings.arguments import (
    numbers,
    one_number,
    seconds,
    unit_names,
    whole_numbers,
)
from circuitlib.recordings.intervals import UNKNOWN, recorded
from circuitlib.recordings.spike_trains import Recording, SpikeTrains
from circuitlib.recordings.spikes import Spikes
from circuitlib.simulation.record import Simulation

#: Fields of counts in bins in which a head was tracked.
TRACKED = ("wake_counts", "head_angle", "position_time", "bin_width")


def read_npz(path: Path, clock: Clock) -> Recording | SortedUnits:
    """Read a spikes file; see :func:`circuitlib.files.load.load` for what it may hold."""
    arrays = read_archive(path)
    try:
        if "wake_counts" in arrays:
            return clock.counts(tracked_counts(arrays))
        if "spike_times" in arrays and "spike_offsets" in arrays:
            return _trains(path, arrays, clock)
        if "counts" in arrays and "dt" in arrays:
            starts = whole_numbers("starts", arrays.get("starts", np.zeros(1, dtype=int)))
            dt = clock.seconds(seconds("dt", arrays["dt"]))
            units = arrays.get("units")
            angle = arrays.get("angle")
            return clock.counts(
                Spikes(arrays["counts"], float(dt), starts, units=units, angle=angle)
            )
    except ArchiveError:
        raise
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: {error}") from None
    raise ArchiveError(
        f"{path}: holds no recording; it needs `spike_times` and `spike_offsets`, "
        "or `counts` and `dt`"
    )


def tracked_counts(arrays: dict[str, np.ndarray]) -> Spikes:
    """Take over counts of the bins in which a head was tracked, with its angle.

    Parameters
    ----------
    arrays
        ``wake_counts`` (time, neurons), ``head_angle`` (rad) and ``position_time`` (s) of each bin,
        and ``bin_width`` (s). A run ends where the time jumps.
    """
    for field in TRACKED:
        if field not in arrays:
            raise ValueError(f"holds no `{field}`; it needs {', '.join(TRACKED)}")
    dt = seconds("bin_width", arrays["bin_width"])
    spikes = Spikes(arrays["wake_counts"], dt)
    time = np.asarray(arrays["position_time"], dtype=np.float64)
    angle = np.asarray(arrays["head_angle"], dtype=np.float64)
    for field, array in (("position_time", time), ("head_angle", angle)):
        if array.shape != (spikes.n_bins,):
            raise ValueError(f"`{field}` must have shape ({spikes.n_bins},), got {array.shape}")
    step = np.diff(time)
    if not 0.5 * dt < np.median(step) < 1.5 * dt:
        raise ValueError(
            f"`position_time` goes in steps of {np.median(step):g} for bins of {dt:g} s; both must "
            "be in seconds"
        )
    if not (step > 0.5 * dt).all():
        raise ValueError(f"`position_time` must rise by at least a bin of {dt:g} s")
    starts = np.concatenate(([0], np.flatnonzero(step > 1.5 * dt) + 1))
    return Spikes(spikes.counts, dt, starts, units=arrays.get("units"), angle=angle)


def _trains(path: Path, arrays: dict[str, np.ndarray], clock: Clock) -> Recording | SortedUnits:
    """Take over spike times, which may be a recording that this library wrote."""
    times = numbers("spike_times", arrays["spike_times"])
    offsets = whole_numbers("spike_offsets", arrays["spike_offsets"])
    if arrays.keys() & {"run_starts", "settings", "angle"}:
        return _own(path, arrays, clock)
    rising = len(offsets) > 1 and offsets[0] == 0 and (np.diff(offsets) >= 0).all()
    if not rising or offsets[-1] != len(times):
        raise ValueError(f"`spike_offsets` must rise from 0 to the number of spikes ({len(times)})")
    trains = np.split(times, offsets[1:-1])
    if any((np.diff(train) < 0).any() for train in trains):
        raise ValueError("`spike_times` must rise within each neuron; sort them first")
    spans = recorded(arrays.get("intervals", UNKNOWN))
    if "intervals" not in arrays and "duration" in arrays:
        begin = one_number("start", arrays.get("start", 0.0))
        end = begin + seconds("duration", arrays["duration"])
        if ((times < begin) | (times > end)).any():
            raise ValueError(
                f"`spike_times` must lie between `start` ({begin:g}) and `start` + `duration` "
                f"({end:g})"
            )
        spans = np.array([[begin, end]])
    names = unit_names(arrays.get("units"), len(offsets) - 1)
    return SortedUnits(names, trains, spans)


def _own(path: Path, arrays: dict[str, np.ndarray], clock: Clock) -> SpikeTrains:
    """Make a recording of what this library wrote: seconds of recorded time from zero."""
    if clock.is_stated and clock.seconds(1.0) != 1.0:
        raise ValueError("was written by this library, in seconds; leave out the unit")
    duration = seconds("duration", arrays.get("duration"))
    trains = SpikeTrains(
        arrays["spike_times"],
        arrays["spike_offsets"],
        duration,
        run_starts=arrays.get("run_starts", np.zeros(1)),
        precision=one_number("precision", arrays.get("precision", 0.0)),
        units=arrays.get("units"),
        angle=Angle.from_arrays(arrays),
    )
    whole = _simulation(path, arrays, trains) if "settings" in arrays else trains
    start = max(clock.start or 0.0, 0.0)
    stop = duration if clock.stop is None else min(clock.stop, duration)
    if not start < stop:
        raise ValueError(
            "nothing was recorded between --start and --stop; the recording lasts from 0 to "
            f"{duration:g} s"
        )
    return whole if (start, stop) == (0.0, duration) else whole.between(start, stop)


def _simulation(path: Path, arrays: dict[str, np.ndarray], trains: SpikeTrains) -> Simulation:
    """Add the network and the settings with which `simulate` made the spikes."""
    try:
        simulation = Simulation.described(trains, read_json(arrays["settings"], "settings"))
    except ValueError as error:
        raise ArchiveError(f"{path}: the settings are damaged ({error})") from None
    stored = arrays.get("weights")
    # Only now are weights built, no more than the file holds itself.
    size = simulation.network.n_neurons
    if stored is None or stored.shape != (size, size):
        raise ArchiveError(f"{path}: `weights` is missing or does not fit the network")
    if stored.dtype.kind != "f" or not np.allclose(
        stored, simulation.network.weights, rtol=1e-9, atol=1e-12
    ):
        raise ArchiveError(f"{path}: `weights` and the settings disagree; the file was changed")
    return simulation
