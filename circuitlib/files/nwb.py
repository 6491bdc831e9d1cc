"""Neurodata Without Borders (NWB): sorted units, intervals, and time series by name."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from circuitlib._npz import ArchiveError
from circuitlib.files.sorted_units import TABLE, SortedUnits, Spans
from circuitlib.files.tracking import Tracked
from circuitlib.recordings.intervals import UNKNOWN, recorded, without

#: What the head angle may be called, in the order in which it is looked for.
ANGLE_NAMES = ("ry", "CompassDirection")
#: Columns of a table of units that hold no word about a unit.
_NOT_WORDS = ("spike_times", "obs_intervals", "waveforms", "waveform_mean", "waveform_sd")


@contextmanager
def open_nwb(path: Path) -> Iterator[Any]:
    """Open an NWB file, without the reader's warnings about cached schema versions.

    Raises
    ------
    ImportError
        If pynwb is not installed.
    ArchiveError
        If the file cannot be read, then or later.
    """
    try:
        import pynwb
    except ImportError:
        raise ImportError(
            'an .nwb file needs pynwb; install it with: pip install "circuitlib[data]"'
        ) from None
    if not path.is_file():
        raise ArchiveError(f"{path}: no such file; check the path")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            io = pynwb.NWBHDF5IO(path, "r")
            nwb = io.read()
        except Exception as error:  # h5py and hdmf raise many types
            reason = " ".join(str(error).split())
            raise ArchiveError(f"{path}: not a readable NWB file ({reason})") from None
        with io:
            try:
                yield nwb
            except (OSError, KeyError, RuntimeError) as error:
                reason = " ".join(str(error).split())
                raise ArchiveError(f"{path}: damaged ({reason}); copy the file again") from None


def read_nwb(path: Path) -> SortedUnits:
    """Read the sorted units of a session, and the intervals that it names.

    Parameters
    ----------
    path
        An NWB file, with one table of units or several; then the column "table" tells them apart.
        Units whose observed intervals are given were recorded in these; what the table
        ``invalid_times`` holds was not.

    Raises
    ------
    ImportError, ArchiveError
        As for :func:`open_nwb`, or if the file holds no spike times.
    """
    with open_nwb(path) as nwb:
        tables = [item for item in nwb.objects.values() if _kind(item) == "Units"]
        sorted_ones = [table for table in tables if "spike_times" in table.colnames]
        if not sorted_ones:
            raise ArchiveError(f"{path}: holds no spike times; it needs a table of sorted units")
        names: list[str] = []
        times: list[np.ndarray] = []
        spans: list[Spans] = []
        columns: dict[str, list[str]] = {}
        for table in sorted_ones:
            before = len(names)
            several = f"{table.name}/" if len(sorted_ones) > 1 else ""
            for unit, key in enumerate(table.id[:]):
                names.append(f"{several}{key}")
                times.append(np.asarray(table["spike_times"][unit], dtype=np.float64))
                spans.append(_observed(table, unit))
            for column, said in _words(table).items():
                columns.setdefault(column, [""] * before).extend(said)
            if several:
                columns.setdefault(TABLE, []).extend([table.name] * len(table))
            for said in columns.values():
                said.extend([""] * (len(names) - len(said)))
        intervals = _intervals(nwb)
    left_out = intervals.get("invalid_times", {}).get("", np.zeros((0, 2)))
    return SortedUnits(
        tuple(names),
        times,
        [without(recorded(each), left_out) for each in spans],
        {column: tuple(said) for column, said in columns.items()},
        intervals,
    )


def time_series(
    nwb: Any, name: str
) -> tuple[Float[np.ndarray, " samples"], Float[np.ndarray, "samples ..."], str]:
    """Read times (s), values and unit of a time series, in the order of its times.

    Parameters
    ----------
    nwb
        A file that :func:`open_nwb` opened.
    name
        Name of the series, or of one container that holds only one; with the names of what it lies
        in before it, as ``CompassDirection/ry``, where several have the name.

    Raises
    ------
    ValueError
        If there is no such series, or several.
    """
    series = {_path(item): item for item in nwb.objects.values() if hasattr(item, "timestamps")}
    found = {path: item for path, item in series.items() if f"/{path}".endswith(f"/{name}")}
    if not found:
        found = {path: item for path, item in series.items() if f"/{name}/" in f"/{path}"}
    if len(found) != 1:
        held = ", ".join(found or series) or "none"
        what = f"several time series {name!r}" if found else f"no time series {name!r}"
        raise ValueError(f"holds {what}; choose one of: {held}")
    item = next(iter(found.values()))
    values = np.asarray(item.data[:], dtype=np.float64) * item.conversion + item.offset
    if item.timestamps is not None:
        times = np.asarray(item.timestamps[:], dtype=np.float64)
    else:
        times = item.starting_time + np.arange(len(values)) / item.rate
    if times.shape != values.shape[:1] or not np.isfinite(times).all():
        raise ValueError(f"time series {name!r} has not one time for each of its values")
    order = np.argsort(times, kind="stable")
    return times[order], values[order], str(item.unit)


def tracked_series(nwb: Any, name: str) -> Tracked:
    """Read a time series that is an angle in radians, or in degrees if its unit says so.

    Parameters and errors are those of :func:`time_series`; it is an error too if it is no angle.
    """
    times, values, unit = time_series(nwb, name)
    if unit.casefold().startswith("deg"):
        values = np.deg2rad(values)
    return Tracked.known(times, values, f"angle {name!r}, whose unit is {unit!r},")


def head_angle_name(nwb: Any) -> str | None:
    """Return the name of the head angle in a file that was opened; None if none is called so."""
    held = {item.name for item in nwb.objects.values()}
    return next((name for name in ANGLE_NAMES if name in held), None)


def _kind(item: Any) -> str:
    """Return the type of an object as NWB names it, "" for a part of one."""
    return str(getattr(item, "neurodata_type", ""))


def _path(item: Any) -> str:
    """Return the names of an object and of what it lies in, without the file's own."""
    names = []
    while item is not None and item.parent is not None:
        names.append(item.name)
        item = item.parent
    return "/".join(reversed(names))


def _observed(table: Any, unit: int) -> Spans:
    """Return the observed intervals of a unit (s)."""
    if "obs_intervals" not in table.colnames:
        return UNKNOWN
    spans = np.asarray(table["obs_intervals"][unit], dtype=np.float64).reshape(-1, 2)
    return spans if len(spans) else UNKNOWN


def _words(table: Any) -> dict[str, list[str]]:
    """Return what a table says of each unit in words or single numbers, by column."""
    columns = {}
    for name in table.colnames:
        if name in _NOT_WORDS or f"{name}_index" in table.__dict__.get("fields", {}):
            continue
        values = [table[name][unit] for unit in range(len(table))]
        if name == "electrode_group":
            columns["location"] = [str(group.location) for group in values]
            columns[name] = [str(group.name) for group in values]
        elif name == "electrodes":
            areas = [_areas(rows) for rows in values]
            if any(areas):
                columns.setdefault("location", areas)
        elif all(np.ndim(value) == 0 for value in values):
            columns[name] = [str(value) for value in values]
    if "location" in table.colnames:
        columns["location"] = [str(table["location"][unit]) for unit in range(len(table))]
    return columns


def _areas(rows: Any) -> str:
    """Return the location of a unit's electrodes, "" if they have none or several."""
    if "location" not in getattr(rows, "columns", ()):
        return ""
    areas = set(map(str, rows["location"]))
    return areas.pop() if len(areas) == 1 else ""


def _intervals(nwb: Any) -> dict[str, dict[str, Spans]]:
    """Return the intervals of a file (s) by table and tag; "" is the whole table."""
    tables: dict[str, dict[str, Spans]] = {}
    for item in nwb.objects.values():
        if _kind(item) != "TimeIntervals" or len(item) == 0:
            continue
        frame = item.to_dataframe()
        spans = frame[["start_time", "stop_time"]].to_numpy(dtype=np.float64)
        tags: dict[str, list[int]] = {}
        for column in frame.columns.difference(["start_time", "stop_time", "timeseries"]):
            for row, value in enumerate(frame[column]):
                for tag in np.atleast_1d(value):
                    if isinstance(tag, str):
                        tags.setdefault(tag.casefold(), []).append(row)
        tables[item.name] = {"": spans} | {tag: spans[rows] for tag, rows in tags.items()}
    return tables
