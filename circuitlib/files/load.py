"""Read a recording from a file of any known kind, or from another library's objects."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np

from circuitlib._npz import ArchiveError
from circuitlib.files.angle import read_tracked
from circuitlib.files.clock import Clock, TimeUnit
from circuitlib.files.csv import read_csv, read_intervals
from circuitlib.files.npz import read_npz
from circuitlib.files.nwb import read_nwb
from circuitlib.files.objects import read_objects
from circuitlib.files.phy import read_phy
from circuitlib.files.sorted_units import SortedUnits
from circuitlib.recordings.spike_trains import Recording

#: What reads a kind of file, by the ending of its name. A folder is Kilosort's or Phy's, and any
#: other name is read as ``.npz``.
KINDS = {".csv": read_csv, ".tsv": read_csv, ".txt": read_csv, ".nwb": read_nwb}


def load(
    source: object,
    time_unit: TimeUnit | None = None,
    sampling_rate: float | None = None,
    start: float | None = None,
    stop: float | None = None,
    units: object = None,
    epochs: object = None,
    head_angle: object = None,
) -> Recording:
    """Read a recording; one that `simulate` wrote comes back with its network.

    Parameters
    ----------
    source
        A path, or spike times in memory:

        - ``.npz``: ``spike_times`` and ``spike_offsets``, and either the recorded ``intervals``
          (starts and stops) or ``start`` and ``duration``; or ``counts`` and ``dt``;
        - ``.nwb``: sorted units, with their observed intervals;
        - a folder of Kilosort or Phy, of which the good units are meant;
        - ``.csv``: columns ``unit`` and ``time``;
        - pynapple's ``TsGroup``, a list of neo's ``SpikeTrain``, or the times of each unit (s) as a
          list of arrays or a dictionary by name.

        Where nothing says how long it lasted, a recording lasts from its first spike to its last.
    time_unit, sampling_rate, start, stop
        How its times are to be read, see :class:`circuitlib.files.clock.Clock`.
    units
        Which units, in this order: names; or conditions ``"COLUMN=VALUE,VALUE"`` on what the file
        says of them, such as ``"location=ADn"``, of which all must hold.
    epochs
        What was recorded, or which part to read, on the file's clock in seconds: an array of starts
        and stops ``(intervals, 2)``; pynapple's ``IntervalSet``; a ``.csv`` with the columns
        ``start`` and ``stop``; or, of an NWB file, ``"TABLE"``, ``"TAG"`` or ``"TABLE:TAG"``.
    head_angle
        An angle that was tracked meanwhile, of the head or of another drive, which the recording
        then keeps: the name of a time series in an NWB file, in radians or degrees; a ``.csv`` with
        the columns ``time`` and ``angle``; pynapple's ``Tsd``; or a pair of times and values. Times
        are in seconds on the file's clock, values in radians, NaN where it was not tracked. Only
        time in which it was tracked is read, where samples are at most 0.1 s apart.

    Returns
    -------
    Simulation, SpikeTrains or Spikes
        The recording, checked. Its times count recorded time from zero.

    Raises
    ------
    ArchiveError
        If the file cannot be read or its content is not a recording.
    TypeError
        If `source` is no path and holds no spike times.
    ValueError
        If a setting is out of range.

    Warns
    -----
    UserWarning
        If all neurons pause together for so long that it looks like time nobody recorded, or if
        units or time are left out that nobody asked to leave out.
    """
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    if isinstance(epochs, str | os.PathLike) and Path(epochs).suffix == ".csv":
        epochs = read_intervals(Path(epochs))
    read, clock = open_source(source, Clock(time_unit, sampling_rate, start, stop))
    try:
        if isinstance(read, SortedUnits):
            tracked = None if head_angle is None else read_tracked(head_angle, path)
            return read.recording(clock, units, epochs, tracked)
        if head_angle is not None:
            raise ValueError("is read with the angle that it holds itself; leave out --head-angle")
        if epochs is not None:
            raise ValueError("says itself what was recorded; choose a part by --start and --stop")
        if units is None:
            return read
        return read.select(SortedUnits(read.units, [np.zeros(0)] * read.n_neurons).chosen(units))
    except ValueError as error:
        raise ArchiveError(f"{path}: {error}") if path is not None else error from None


def open_source(source: object, clock: Clock) -> tuple[Recording | SortedUnits, Clock]:
    """Read what `load` reads, before anything is chosen from it, and how its times are meant."""
    if not isinstance(source, str | os.PathLike):
        return read_objects(source), clock
    path = Path(source)
    if path.is_dir():
        read, rate = read_phy(path)
        if not clock.is_stated:
            if rate is None:
                raise ArchiveError(f"{path}: does not say its sampling rate; give --sampling-rate")
            clock = replace(clock, sampling_rate=rate)
        return read, clock
    if path.suffix in KINDS:
        if not path.is_file():
            raise ArchiveError(f"{path}: no such file; check the path")
        return KINDS[path.suffix](path), clock
    return read_npz(path, clock), clock
