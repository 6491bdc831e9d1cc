"""Read a recording from a file of any known kind."""

import os
from pathlib import Path

from circuitlib.files.clock import Clock, TimeUnit
from circuitlib.files.npz import read_npz
from circuitlib.recordings.spike_trains import Recording

#: What reads a kind of file, by the ending of its name; other names are read as ``.npz``.
KINDS = {".npz": read_npz}


def load(
    path: str | os.PathLike[str],
    time_unit: TimeUnit | None = None,
    sampling_rate: float | None = None,
    start: float | None = None,
    stop: float | None = None,
) -> Recording:
    """Read a recording; one that `simulate` wrote comes back with its network.

    Parameters
    ----------
    path
        A spikes file, ``.npz``: with ``spike_times`` and ``spike_offsets``, and either the recorded
        ``intervals`` (starts and stops) or ``start`` and ``duration``; or with ``counts`` and
        ``dt``. Without intervals and duration a recording lasts from its first spike to its last.
    time_unit, sampling_rate, start, stop
        How its times are to be read, see :class:`circuitlib.files.clock.Clock`.

    Returns
    -------
    Simulation, SpikeTrains or Spikes
        The recording, checked. Its times count recorded time from zero.

    Raises
    ------
    ArchiveError
        If the file cannot be read or its content is not a recording.
    ValueError
        If a setting is out of range.

    Warns
    -----
    UserWarning
        If all neurons pause together for so long that it looks like time nobody recorded.
    """
    path = Path(path)
    clock = Clock(time_unit, sampling_rate, start, stop)
    return KINDS.get(path.suffix, read_npz)(path, clock)
