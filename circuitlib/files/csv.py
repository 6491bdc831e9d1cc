"""Tables in text: spikes, a line for each with its unit and its time; intervals; an angle."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Float

from circuitlib._npz import ArchiveError
from circuitlib.files.sorted_units import SortedUnits
from circuitlib.recordings.angle import Angle


def read_csv(path: Path) -> SortedUnits:
    """Read a table of spikes.

    Parameters
    ----------
    path
        Text with commas, semicolons or tabs between columns. The first line names them; `unit` and
        `time` are read. Units come in the order of their numbers, or else as they first appear.

    Raises
    ------
    ArchiveError
        If a column is missing, or a line has no time.
    """
    times: dict[str, list[float]] = {}
    for unit, time in _rows(path, ("unit", "time")):
        times.setdefault(unit.strip(), []).append(_number(path, time))
    if not times:
        raise ArchiveError(f"{path}: holds no spikes")
    names = list(times)
    if all(name.isdecimal() for name in names):
        names.sort(key=int)
    return SortedUnits(tuple(names), [np.array(times[name]) for name in names])


def read_intervals(path: Path) -> Float[np.ndarray, "intervals 2"]:
    """Read recorded intervals (s) from a table with the columns `start` and `stop`.

    Raises
    ------
    ArchiveError
        If a column is missing, or a line has no number.
    """
    rows = [[_number(path, each) for each in row] for row in _rows(path, ("start", "stop"))]
    if not rows:
        raise ArchiveError(f"{path}: holds no intervals")
    return np.array(rows)


def read_angle(path: Path) -> Angle:
    """Read an angle from a table with the columns `time` (s, from the start) and `angle` (radians).

    Raises
    ------
    ArchiveError
        If a column is missing, a line has no number, or the times do not rise.
    """
    try:
        return Angle.sampled(*read_times_and_angles(path))
    except ValueError as error:
        raise ArchiveError(f"{path}: {error}") from None


def read_times_and_angles(
    path: Path,
) -> tuple[Float[np.ndarray, " samples"], Float[np.ndarray, " samples"]]:
    """Read the columns `time` and `angle` of a table.

    Raises
    ------
    ArchiveError
        If a column is missing, or a line has no number.
    """
    rows = [[_number(path, each) for each in row] for row in _rows(path, ("time", "angle"))]
    times, values = np.array(rows, dtype=np.float64).reshape(-1, 2).T
    return times, values


def _rows(path: Path, columns: tuple[str, str]) -> Iterator[tuple[str, str]]:
    """Yield two columns of a table, line by line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ArchiveError(f"{path}: is not text; give a table as .csv") from None
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    header = [name.strip().casefold() for name in next(reader, [])]
    missing = [name for name in columns if name not in header]
    if missing:
        raise ArchiveError(
            f"{path}: its first line must name the columns `{columns[0]}` and `{columns[1]}`, "
            f"got {', '.join(header[:6]) or 'nothing'}"
        )
    one, other = (header.index(name) for name in columns)
    try:
        for row in reader:
            if row:
                yield row[one], row[other]
    except IndexError:
        raise ArchiveError(f"{path}: line {reader.line_num} has too few columns") from None
    except csv.Error as error:
        raise ArchiveError(f"{path}: line {reader.line_num} is damaged ({error})") from None


def _number(path: Path, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ArchiveError(f"{path}: {text!r} is no number; write one such as 1.25") from None
