"""Head-direction recordings from files: ``.npz``, NWB, and the download of a public session."""

import hashlib
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from circuitlib._npz import ArchiveError, read_archive
from circuitlib.head_direction.controls import simulate_stand_in
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import TAU, wrap
from circuitlib.recordings.arguments import seconds
from circuitlib.recordings.spikes import Spikes

DATA_VARIABLE = "CIRCUITLIB_DATA"
NWB_NAME = "Mouse32-140822.nwb"
NWB_URL = "https://osf.io/download/jb2gd/"
#: Hashes of the files that the book names; one of these names with another content is refused.
KNOWN_SHA256 = {
    "Mouse12-120806.npz": "15e9d7859f99c2953b2bd82edbfcb28a51a5ead7aa3dc406ecbaa172500c1215",
    NWB_NAME: "1a919a033305b8f58b5c3e217577256183b14ed5b436d9c70989dee6dafe0f35",
}
FIELDS = ("wake_counts", "head_angle", "position_time", "bin_width")
#: Bins of counts made from spike times, and the longest pause of the tracking within a run (s).
NWB_DT = 10e-3
MAX_PAUSE = 0.1


def load_head_direction(path: str | os.PathLike[str] | None = None) -> HeadDirectionRecording:
    """Read a recording of head-direction cells, or simulate a stand-in if there is none.

    Parameters
    ----------
    path
        An ``.npz`` file with ``wake_counts`` (time, neurons), ``head_angle`` (rad) and
        ``position_time`` (s) of each bin, and ``bin_width`` (s); or an ``.nwb`` file with units in
        the anterodorsal nucleus, epochs tagged "wake" and the head angle ``ry``. Without a path,
        the first such file in the folder ``head_direction`` of the folder that the environment
        variable ``CIRCUITLIB_DATA`` names; if there is none, :func:`simulate_stand_in`.

    Returns
    -------
    HeadDirectionRecording
        Wake bins with a tracked head. ``is_stand_in`` tells whether it is simulated.

    Raises
    ------
    ArchiveError
        If the file cannot be read, or has a known name and an unknown content.

    Warns
    -----
    UserWarning
        If the stand-in is returned.
    """
    if path is None:
        path = _find()
        if path is None:
            warnings.warn(
                "no recording found: this is a SIMULATED STAND-IN, not an animal. Set "
                f"{DATA_VARIABLE} to a folder that holds head_direction/*.npz, or call "
                "fetch_head_direction()",
                stacklevel=2,
            )
            return simulate_stand_in()
    path = Path(path)
    if path.suffix not in (".npz", ".nwb"):
        raise ArchiveError(f"{path}: give a file that ends in .npz or .nwb")
    if not path.is_file():
        raise ArchiveError(f"{path}: no such file; check the path")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    if KNOWN_SHA256.get(path.name, sha256) != sha256:
        raise ArchiveError(f"{path}: not the published file (other sha256); download it again")
    try:
        spikes, angle = _read_npz(path) if path.suffix == ".npz" else _read_nwb(path)
        return HeadDirectionRecording(spikes, angle, path.name, sha256)
    except ArchiveError:
        raise
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: {error}") from None


def fetch_head_direction(folder: str | os.PathLike[str] | None = None) -> Path:
    """Download a public session of head-direction cells (37 MB) once, and check its hash.

    Parameters
    ----------
    folder
        Where to keep the file; the user's cache folder if None.

    Returns
    -------
    pathlib.Path
        The file, for :func:`load_head_direction`.

    Raises
    ------
    ImportError
        If pooch is not installed.
    ArchiveError
        If the download fails or its content is not the published one.

    References
    ----------
    Peyrache, Lacroix, Petersen & Buzsaki (2015), doi:10.1038/nn.3968, session Mouse32-140822.
    """
    try:
        import pooch
    except ImportError:
        raise ImportError(
            'a download needs pooch; install it with: pip install "circuitlib[data]"'
        ) from None
    where = pooch.os_cache("circuitlib") if folder is None else Path(folder)
    try:
        file = pooch.retrieve(NWB_URL, f"sha256:{KNOWN_SHA256[NWB_NAME]}", NWB_NAME, where)
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong hash is not
        reason = " ".join(str(error).split())
        raise ArchiveError(
            f"{NWB_URL}: the download failed; fetch it with a browser, save it as {NWB_NAME} and "
            f"give its path to load_head_direction ({reason})"
        ) from error
    return Path(file)


def _find() -> Path | None:
    """Return the first recording in the data folder."""
    root = os.environ.get(DATA_VARIABLE)
    if not root:
        return None
    folder = Path(root) / "head_direction"
    files = sorted(folder.glob("*.npz")) + sorted(folder.glob("*.nwb"))
    return files[0] if files else None


def _read_npz(path: Path) -> tuple[Spikes, Float[np.ndarray, " time"]]:
    arrays = read_archive(path)
    for field in FIELDS:
        if field not in arrays:
            raise ValueError(f"holds no `{field}`; it needs {', '.join(FIELDS)}")
    dt = seconds("bin_width", arrays["bin_width"])
    spikes = Spikes(arrays["wake_counts"], dt)
    time = np.asarray(arrays["position_time"], dtype=np.float64)
    angle = np.asarray(arrays["head_angle"], dtype=np.float64)
    for field, array in (("position_time", time), ("head_angle", angle)):
        if array.shape != (spikes.n_bins,):
            raise ValueError(f"`{field}` must have shape ({spikes.n_bins},), got {array.shape}")
    step = np.diff(time)
    if not (step > 0.5 * dt).all():
        raise ValueError(f"`position_time` must rise by at least a bin of {dt:g} s")
    starts = np.concatenate(([0], np.flatnonzero(step > 1.5 * dt) + 1))
    return Spikes(spikes.counts, dt, starts), angle


def _read_nwb(path: Path) -> tuple[Spikes, Float[np.ndarray, " time"]]:
    with _open_nwb(path) as nwb:
        time, angle = _head_angle(nwb)
        trains = _adn_trains(nwb)
        tracked = np.isfinite(angle) & _awake(nwb, time)
    time, angle = time[tracked], angle[tracked]
    if len(time) < 2:
        raise ValueError("has no head angle in the epochs tagged 'wake'")
    # Bins cover each run of tracking samples; the pauses between runs are left out.
    cuts = np.flatnonzero(np.diff(time) > MAX_PAUSE) + 1
    left, right, starts, n_bins = [], [], [], 0
    for run in np.split(time, cuts):
        n_run = int((run[-1] - run[0]) / NWB_DT + 1e-6)
        if n_run:
            starts.append(n_bins)
            edges = run[0] + NWB_DT * np.arange(n_run + 1)
            left.append(edges[:-1])
            right.append(edges[1:])
            n_bins += n_run
    if not left:
        raise ValueError(f"has no tracked run as long as one bin of {NWB_DT:g} s")
    begin, end = np.concatenate(left), np.concatenate(right)
    passed = [np.searchsorted(train, end) - np.searchsorted(train, begin) for train in trains]
    centre = (begin + end) / 2
    # Interpolating the unit vector has no jump between 2 pi and 0.
    x, y = np.interp(centre, time, np.cos(angle)), np.interp(centre, time, np.sin(angle))
    spikes = Spikes(np.stack(passed, axis=1), NWB_DT)
    return Spikes(spikes.counts, NWB_DT, np.array(starts)), wrap(np.arctan2(y, x))


@contextmanager
def _open_nwb(path: Path) -> Iterator[Any]:
    """Open an NWB file, without the reader's warnings about cached schema versions."""
    try:
        import pynwb
    except ImportError:
        raise ImportError(
            'an .nwb file needs pynwb; install it with: pip install "circuitlib[data]"'
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            io = pynwb.NWBHDF5IO(path, "r")
            nwb = io.read()
        except Exception as error:  # h5py and hdmf raise many types
            reason = " ".join(str(error).split())
            raise ArchiveError(f"{path}: not a readable NWB file ({reason})") from None
        with io:
            yield nwb


def _head_angle(nwb: Any) -> tuple[Float[np.ndarray, " samples"], Float[np.ndarray, " samples"]]:
    """Read times and values of the series `ry`, wherever the file keeps it."""
    found = [item for item in nwb.objects.values() if item.name == "ry" and hasattr(item, "data")]
    if not found:
        raise ValueError("holds no head angle; it needs a time series named `ry`")
    angle = np.asarray(found[0].data[:], dtype=np.float64)
    if found[0].timestamps is not None:
        time = np.asarray(found[0].timestamps[:], dtype=np.float64)
    else:
        time = found[0].starting_time + np.arange(len(angle)) / found[0].rate
    known = angle[np.isfinite(angle)]
    if angle.ndim != 1 or (len(known) and (known.min() < -1e-6 or known.max() > TAU + 1e-6)):
        raise ValueError("head angle `ry` must be one number a sample, radians from 0 to 2 pi")
    return time, angle


def _awake(nwb: Any, time: Float[np.ndarray, " samples"]) -> Bool[np.ndarray, " samples"]:
    """Tell which times lie in an epoch tagged "wake"."""
    if nwb.epochs is None:
        raise ValueError("holds no epochs; it needs a table of epochs tagged 'wake' or 'sleep'")
    awake = np.zeros(len(time), dtype=bool)
    for epoch in nwb.epochs.to_dataframe().itertuples():
        if "wake" in [str(tag).lower() for tag in np.atleast_1d(epoch.tags)]:
            awake |= (time >= epoch.start_time) & (time < epoch.stop_time)
    return awake


def _adn_trains(nwb: Any) -> list[Float[np.ndarray, " spikes"]]:
    """Read the sorted spike times of each unit of the anterodorsal nucleus."""
    units = nwb.units
    if units is None:
        raise ValueError("holds no units; it needs sorted spike times")
    trains = []
    for unit in range(len(units)):
        if "location" in units.colnames:
            location = units["location"][unit]
        elif "electrode_group" in units.colnames:
            location = units["electrode_group"][unit].location
        else:
            raise ValueError("units have no `location`; units of the ADn cannot be told")
        if str(location).lower() == "adn":
            trains.append(np.sort(np.asarray(units.get_unit_spike_times(unit), dtype=np.float64)))
    if not trains:
        raise ValueError("holds no unit whose location is ADn")
    return trains
