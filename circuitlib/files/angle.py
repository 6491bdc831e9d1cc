"""Read an angle that was tracked beside spikes, from wherever it is kept."""

import os
from pathlib import Path
from typing import Any

from circuitlib.files.csv import read_times_and_angles
from circuitlib.files.nwb import open_nwb, tracked_series
from circuitlib.files.tracking import Tracked
from circuitlib.recordings.arguments import numbers


def read_tracked(source: object, path: Path | None) -> Tracked:
    """Read an angle.

    Parameters
    ----------
    source
        As the `head_angle` of :func:`circuitlib.files.load.load`.
    path
        The file of the spikes, if there is one.

    Raises
    ------
    ArchiveError, ValueError
        If there is no such angle, or it is none.
    """
    if isinstance(source, str | os.PathLike) and Path(source).suffix == ".csv":
        return Tracked.known(*read_times_and_angles(Path(source)), f"the angle in {source}")
    if isinstance(source, str | os.PathLike):
        if path is None or path.suffix != ".nwb":
            raise ValueError(
                f"has no time series {str(source)!r}; only an .nwb file has some. Give the angle "
                "as a .csv with the columns time (s) and angle (radians)"
            )
        with open_nwb(path) as nwb:
            return tracked_series(nwb, str(source))
    pair: Any = (source.t, source.d) if hasattr(source, "t") and hasattr(source, "d") else source
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise ValueError(
            "`head_angle` must be a name, a .csv, a Tsd, or times and values, got "
            f"{type(source).__name__}"
        )
    return Tracked.known(numbers("times", pair[0]), numbers("angle", pair[1]), "`head_angle`")
