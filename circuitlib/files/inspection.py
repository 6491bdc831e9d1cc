"""What a file holds, and what looks wrong in it, before anything is inferred from it."""

import os
import warnings
from pathlib import Path

import numpy as np

from circuitlib.files.clock import Clock, TimeUnit
from circuitlib.files.load import load, open_source
from circuitlib.files.sorted_units import SortedUnits
from circuitlib.methods.estimator import check_neurons
from circuitlib.recordings.quality import REFRACTORY, common_pauses, refractory_violations
from circuitlib.recordings.spike_trains import Recording, SpikeTrains
from circuitlib.simulation.record import Simulation

#: Different values of a column, or names of units, that a line shows.
_SHOWN = 8


def contents(source: str | os.PathLike[str], clock: Clock) -> list[str]:
    """Tell what can be chosen from a file: units, what it says of them, and epochs.

    Parameters
    ----------
    source
        As for :func:`circuitlib.files.load.load`.
    clock
        How its times are to be read.

    Returns
    -------
    list of str
        Lines of text.
    """
    read, clock = open_source(source, clock)
    if not isinstance(read, SortedUnits):
        kind = "simulated by circuitlib" if isinstance(read, Simulation) else type(read).__name__
        return [_line("kind", kind), _line("units", _some(read.units))]
    lines = [_line("kind", _kind(Path(source))), _line("units", _some(read.names))]
    lines += [_line(f"  {name}", _counted(values)) for name, values in read.columns.items()]
    found = [train for train in read.times if len(train)]
    if found:
        first, last = min(train.min() for train in found), max(train.max() for train in found)
        unit = "s" if clock.is_stated else "in the file's unit"
        first, last = (float(clock.seconds(edge)) for edge in (first, last))
        lines.append(_line("times", f"{first:.10g} to {last:.10g} {unit}"))
    if read.epochs:
        lines.append(_line("epochs", _some(read.epochs)))
    return lines


def inspect(
    source: str | os.PathLike[str],
    time_unit: TimeUnit | None = None,
    sampling_rate: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    units: object = None,
    epochs: object = None,
    head_angle: object = None,
) -> tuple[Recording, list[str]]:
    """Read a recording, and tell what was read and what looks wrong.

    Parameters
    ----------
    source, time_unit, sampling_rate, start, stop, units, epochs, head_angle
        As for :func:`circuitlib.files.load.load`.

    Returns
    -------
    recording, lines
        The recording, and lines of text: time, rates, refractory violations, common silence, and
        what one should look at.

    Raises
    ------
    ArchiveError
        As for :func:`circuitlib.files.load.load`.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        recording = load(source, time_unit, sampling_rate, start, stop, units, epochs, head_angle)
        notes = []
        try:
            check_neurons(recording)
        except ValueError as error:
            notes.append(str(error))
    notes = [str(each.message) for each in caught] + notes
    lines = [_line("read", _read(recording)), _line("rates", _rates(recording))]
    if isinstance(recording, SpikeTrains):
        lines.append(_line("refractory", _refractory(recording)))
        lines.append(_line("silence", _silence(recording)))
    lines += [_line("look at", note) for note in notes or ["nothing stands out"]]
    return recording, lines


def _line(name: str, text: str) -> str:
    return f"{name:14} {text}"


def _some(names: tuple[str, ...] | list[str]) -> str:
    """Return the number of names and the first of them."""
    return f"{len(names)} ({', '.join(names[:_SHOWN])}{', ...' if len(names) > _SHOWN else ''})"


def _counted(values: tuple[str, ...]) -> str:
    """Return the different values of a column, and how often each comes."""
    different, counts = np.unique(np.array(values), return_counts=True)
    if len(different) > _SHOWN:
        return f"{len(different)} different values"
    pairs = zip(different, counts, strict=True)
    return ", ".join(f"{value or '(empty)'} {count}" for value, count in pairs)


def _kind(path: Path) -> str:
    if path.is_dir():
        return "folder of Kilosort or Phy"
    return {".nwb": "NWB", ".npz": "spike times, .npz"}.get(path.suffix, "table of spikes")


def _read(recording: Recording) -> str:
    if isinstance(recording, SpikeTrains):
        runs, where = len(recording.run_starts), ""
    else:
        runs = len(recording.starts)
        where = f" in {recording.n_bins} bins of {1e3 * recording.dt:g} ms"
    return (
        f"{recording.n_neurons} units, {recording.duration:.6g} s in {runs} uninterrupted "
        f"{'run' if runs == 1 else 'runs'}, {recording.n_spikes} spikes{where}"
    )


def _rates(recording: Recording) -> str:
    rates = recording.rates
    silent = int((rates == 0).sum())
    return (
        f"{rates.min():.3g} to {rates.max():.3g} Hz, median {np.median(rates):.3g}; "
        f"{silent or 'none'} silent"
    )


def _refractory(recording: SpikeTrains) -> str:
    shares = refractory_violations(recording)
    if np.isnan(shares).all():
        return "no unit has two spikes"
    worst = int(np.nanargmax(shares))
    return (
        f"{np.nanmedian(shares):.1%} of intervals below {1e3 * REFRACTORY:g} ms (median), "
        f"{shares[worst]:.1%} in unit {recording.units[worst]}"
    )


def _silence(recording: SpikeTrains) -> str:
    begin, length = common_pauses(recording)
    longest = int(np.argmax(length))
    return (
        f"of all units {length[longest]:.2g} s at most, after {begin[longest]:.6g} s; "
        f"{length[length > 1].sum():.3g} s in pauses above 1 s"
    )
