"""Read a recording from a file of any known kind."""

import os
from pathlib import Path

from circuitlib.files.npz import read_npz
from circuitlib.recordings.spike_trains import Recording

#: What reads a kind of file, by the ending of its name; other names are read as ``.npz``.
KINDS = {".npz": read_npz}


def load(path: str | os.PathLike[str]) -> Recording:
    """Read a recording; one that `simulate` wrote comes back with its network.

    Parameters
    ----------
    path
        A spikes file.

    Returns
    -------
    Simulation, SpikeTrains or Spikes
        The recording, checked.

    Raises
    ------
    ArchiveError
        If the file cannot be read or its content is not a recording.
    """
    path = Path(path)
    return KINDS.get(path.suffix, read_npz)(path)
