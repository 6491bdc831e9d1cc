"""Head-direction recordings from files: ``.npz`` and NWB."""

import os
import warnings
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from circuitlib._npz import ArchiveError, read_archive
from circuitlib._provenance import content_hash
from circuitlib.files.clock import Clock
from circuitlib.files.npz import tracked_counts
from circuitlib.files.nwb import ANGLE_NAMES, head_angle_name, open_nwb, read_nwb, tracked_series
from circuitlib.files.sorted_units import SortedUnits
from circuitlib.files.tracking import MAX_PAUSE, Tracked
from circuitlib.head_direction.archives import DATA_VARIABLE, KNOWN_SHA256
from circuitlib.head_direction.controls import simulate_stand_in
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.recordings.spikes import Spikes

#: Counts in sleep by its kind: their field in an ``.npz``, and what the epochs of an ``.nwb`` may
#: be called. Where those do not tell the kinds of sleep apart, all of it is taken as one.
SLEEP_FIELDS = {"REM": "rem_counts", "slow-wave": "sws_counts"}
SLEEP_TAGS = {"REM": ("rem",), "slow-wave": ("sws", "nrem", "non-rem")}
ANY_SLEEP = "sleep"
#: Bins of counts made from spike times (s).
NWB_DT = 10e-3


def load_head_direction(
    path: str | os.PathLike[str] | None = None,
    *,
    angle: str | None = None,
    units: object = "location=ADn",
    epochs: object = "wake",
) -> HeadDirectionRecording:
    """Read a recording of head-direction cells, or simulate a stand-in if there is none.

    Parameters
    ----------
    path
        An ``.npz`` file with ``wake_counts`` (time, neurons), ``head_angle`` (rad) and
        ``position_time`` (s) of each bin, and ``bin_width`` (s); or an ``.nwb`` file. Without a
        path, the first such file in the folder ``head_direction`` of the folder that the
        environment variable ``CIRCUITLIB_DATA`` names; if there is none, :func:`simulate_stand_in`.
        Sleep is read from ``rem_counts`` and ``sws_counts`` (time, neurons), or from the epochs
        that an ``.nwb`` file tags so, or as "sleep"; what a file lacks is left out.
    angle
        Name of the head angle in an ``.nwb`` file, radians or degrees; ``ry`` or the only series
        of a ``CompassDirection`` if not given.
    units, epochs
        Which units and epochs of an ``.nwb`` file, as for :func:`circuitlib.files.load.load`.

    Returns
    -------
    HeadDirectionRecording
        Wake bins with a tracked head, and ``sleep``. ``is_stand_in`` tells whether it is simulated.

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
                f"{DATA_VARIABLE} to a folder that holds head_direction/*.npz, or give the file "
                "that fetch_head_direction() returns",
                stacklevel=2,
            )
            return simulate_stand_in()
    path = Path(path)
    if path.suffix not in (".npz", ".nwb"):
        raise ArchiveError(f"{path}: give a file that ends in .npz or .nwb")
    if not path.is_file():
        raise ArchiveError(f"{path}: no such file; check the path")
    sha256 = content_hash(path)
    if KNOWN_SHA256.get(path.name, sha256) != sha256:
        raise ArchiveError(f"{path}: not the published file (other sha256); download it again")
    try:
        npz = path.suffix == ".npz"
        read = _read_npz(path) if npz else _read_nwb(path, angle, units, epochs)
        return HeadDirectionRecording(*read[:2], path.name, sha256, sleep=read.sleep)
    except ArchiveError:
        raise
    except (ValueError, TypeError) as error:
        raise ArchiveError(f"{path}: {error}") from None


class _Read(NamedTuple):
    """What a file holds of a session."""

    spikes: Spikes
    angle: Float[np.ndarray, " time"]
    sleep: dict[str, Spikes]


def _find() -> Path | None:
    """Return the first recording in the data folder."""
    root = os.environ.get(DATA_VARIABLE)
    if not root:
        return None
    folder = Path(root) / "head_direction"
    files = sorted(folder.glob("[!.]*.npz")) + sorted(folder.glob("[!.]*.nwb"))
    return files[0] if files else None


def _read_npz(path: Path) -> _Read:
    arrays = read_archive(path)
    spikes = tracked_counts(arrays)
    angle = np.asarray(arrays["head_angle"], dtype=np.float64)
    sleep = {
        kind: Spikes(arrays[field], spikes.dt)
        for kind, field in SLEEP_FIELDS.items()
        if len(arrays.get(field, ()))
    }
    return _Read(spikes, angle, sleep)


def _read_nwb(path: Path, name: str | None, units: object, epochs: object) -> _Read:
    stored = read_nwb(path)
    kept, spans = stored.part(Clock(), units, epochs)
    trains = [np.sort(stored.times[unit]) for unit in kept]
    head = _head_angle(path, name)
    span = np.searchsorted(spans[:, 0], head.times, side="right") - 1
    inside = (span >= 0) & (head.times < spans[span, 1])
    time, span = head.times[inside], span[inside]
    if len(time) < 2:
        raise ValueError(f"has no head angle in the epochs {epochs!r}")
    # Bins cover each run of tracking samples; the pauses between runs are left out.
    cuts = np.flatnonzero((np.diff(time) > MAX_PAUSE) | (np.diff(span) > 0)) + 1
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
    names = [stored.names[unit] for unit in kept]
    spikes = Spikes(np.stack(passed, axis=1), NWB_DT, starts, units=names)
    sleep = _sleep_of(stored, kept)
    return _Read(spikes, head.at((begin + end) / 2), sleep)


def _sleep_of(stored: SortedUnits, kept: list[int]) -> dict[str, Spikes]:
    """Return the counts in each kind of sleep that the epochs name."""
    known = {tag for tags in stored.tables.values() for tag in tags}
    asked = {kind: tag for kind, tags in SLEEP_TAGS.items() for tag in tags if tag in known}
    if not asked and ANY_SLEEP in known:
        asked = {ANY_SLEEP: ANY_SLEEP}
    names = [stored.names[unit] for unit in kept]
    sleep = {}
    for kind, tag in asked.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # cells may pause together in sleep
            trains = stored.recording(Clock(time_unit="s"), names, tag)
        sleep[kind] = trains.binned(NWB_DT)
    return sleep


def _head_angle(path: Path, name: str | None) -> Tracked:
    """Read the head angle, by its name or one of those that are usual."""
    with open_nwb(path) as nwb:
        found = head_angle_name(nwb) if name is None else name
        if found is None:
            raise ValueError(f"holds no head angle {' or '.join(ANGLE_NAMES)}; name it as `angle`")
        return tracked_series(nwb, found)
