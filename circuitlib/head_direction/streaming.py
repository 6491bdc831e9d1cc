"""A session on a server, of which only units, head angle and epochs are read."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
from fsspec.spec import AbstractBufferedFile
from jaxtyping import Float, UInt8

from circuitlib._npz import ArchiveError
from circuitlib.files.nwb import ANGLE_NAMES, head_angle_name, tracked_series
from circuitlib.files.tracking import Tracked
from circuitlib.head_direction.download import Connection
from circuitlib.head_direction.files import NWB_DT
from circuitlib.recordings.intervals import UNKNOWN, recorded
from circuitlib.recordings.spikes import Spikes

#: Bytes of a block that is read at once, and how many blocks are kept.
_BLOCK, _BLOCKS = 2**18, 512
#: Two lights on the head, front and back or back and front, and what a lost one holds.
_LIGHTS, _LOST = ("RedLED", "BlueLED"), -1.0
#: What epochs are called, in the order in which they are looked for.
_EPOCHS = {
    "wake": ("wake", "awake"),
    "sws": ("sws", "nrem", "non-rem"),
    "rem": ("rem",),
}


class RemoteFile(AbstractBufferedFile):
    """A file on a server that h5py reads; blocks of it come when they are needed.

    Parameters
    ----------
    url
        Its address.
    connection
        Asks the server.
    block
        Bytes of a block.
    watch
        Is told the number of bytes of each block that came.
    """

    def __init__(
        self, url: str, connection: Connection, block: int, watch: Callable[[int], object]
    ) -> None:
        self.connection, self.watch = connection, watch
        self.failure = ""
        # An archive forwards to an address that is good for a while.
        _, size, self.address = connection.part(url, 0, 1)
        options = {"maxblocks": _BLOCKS}
        super().__init__(
            None, url, block_size=block, cache_type="blockcache", cache_options=options, size=size
        )
        self.details = {"name": url, "size": size}

    def _fetch_range(self, start: int, end: int) -> bytes:
        """Ask for a block."""
        try:
            content = self._ask(start, min(end, self.size))
        except ArchiveError as error:
            # HDF5 may make another error of it. The error itself would keep the frames alive in
            # which HDF5 holds this file, and with them, until the interpreter ends, the file.
            self.failure = str(error)
            raise
        self.watch(len(content))
        return content

    def _ask(self, start: int, stop: int) -> bytes:
        try:
            return self.connection.part(self.address, start, stop)[0]
        except ArchiveError:
            if self.address == self.path:
                raise
        content, _, self.address = self.connection.part(self.path, start, stop)
        return content


def stream_session(
    url: str, connection: Connection, *, progress: bool = False, block: int = _BLOCK
) -> dict[str, np.ndarray]:
    """Read units, head angle and epochs of an NWB file on a server.

    Parameters
    ----------
    url
        Its address; the server must send parts of files.
    connection
        Asks the server.
    progress
        Whether to show how much was read.
    block
        Bytes that are read at once.

    Returns
    -------
    dict
        Arrays for an ``.npz`` file that ``load_head_direction`` reads. Units are those that the
        file places in ADn, or all if it places none there. Counts and angle are those of the wake
        bins with a tracked head; bins of sleep follow each other. ``spike_times`` (s) are those of
        the whole session, of unit ``i`` from ``spike_offsets[i]`` to ``spike_offsets[i + 1]``.
        Where the file holds no head angle, it is the direction from the blue to the red light on
        the head; its zero is arbitrary.

    Raises
    ------
    ImportError
        If pynwb is not installed.
    ArchiveError
        If the server refuses, or the file holds no units, no head angle or no wake.
    """
    import requests
    from tqdm.auto import tqdm

    with (
        requests.Session() as line,  # stays open between the blocks
        tqdm(desc="read", unit="B", unit_scale=True, disable=not progress, leave=False) as bar,
        RemoteFile(url, replace(connection, get=line.get), block, bar.update) as remote,
        _opened(remote) as nwb,
    ):
        return _arrays(nwb) | {"source_bytes": np.array(remote.size)}


@contextmanager
def _opened(remote: RemoteFile) -> Iterator[Any]:
    """Open a remote NWB file; every error is one line."""
    try:
        import h5py
        import pynwb
    except ImportError:
        raise ImportError(
            'an .nwb file needs pynwb; install it with: pip install "circuitlib[data]"'
        ) from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cached schema versions
        try:
            with (
                h5py.File(remote, "r") as file,
                pynwb.NWBHDF5IO(file=file, mode="r") as io,
            ):
                yield io.read()
        except Exception as error:  # h5py and hdmf raise many types
            reason = " ".join(str(error).split())
            raise ArchiveError(remote.failure or f"{remote.path}: {reason}") from None


def _arrays(nwb: Any) -> dict[str, np.ndarray]:
    if nwb.units is None or "spike_times" not in nwb.units.colnames:
        raise ValueError("holds no spike times; it needs a table of sorted units")
    areas = _areas(nwb.units)
    kept = [k for k, area in enumerate(areas) if area.casefold() == "adn"] or range(len(areas))
    trains = [np.sort(np.asarray(nwb.units["spike_times"][k], dtype=np.float64)) for k in kept]
    head, source = _head_angle(nwb)
    epochs = {name: _spans(nwb, words) for name, words in _EPOCHS.items()}
    if len(epochs["wake"]) == 0:
        raise ValueError("names no epoch wake or awake")
    begin, end = _bins(recorded(epochs["wake"]), head.within(UNKNOWN))
    if len(begin) == 0:
        raise ValueError("has no head angle while awake")
    centre = (begin + end) / 2
    arrays = {
        "wake_counts": _counts(trains, begin, end),
        "head_angle": head.at(centre),
        "position_time": centre,
        "bin_width": np.array(NWB_DT),
        "spike_times": np.concatenate(trains),
        "spike_offsets": np.cumsum([0] + [len(train) for train in trains]),
        "source_unit_index": np.array(kept),
        "unit_area": np.array([areas[k] for k in kept]),
        "angle_source": np.array(source),
    }
    for name, spans in epochs.items():
        arrays |= {f"{name}_start": spans[:, 0], f"{name}_end": spans[:, 1]}
        if name != "wake" and len(spans):
            arrays[f"{name}_counts"] = _counts(trains, *_bins(recorded(spans)))
    return arrays


def _head_angle(nwb: Any) -> tuple[Tracked, str]:
    """Return the head angle where the head was tracked, and what it comes from."""
    name = head_angle_name(nwb)
    if name is not None:
        return tracked_series(nwb, name), name
    if not {item.name for item in nwb.objects.values()}.issuperset(_LIGHTS):
        raise ValueError(f"holds no head angle: no {', '.join((*ANGLE_NAMES, *_LIGHTS))}")
    time, red, blue = _lights(nwb)
    angle = np.arctan2(red[:, 1] - blue[:, 1], red[:, 0] - blue[:, 0])
    angle[((red == _LOST) | (blue == _LOST)).any(axis=1)] = np.nan
    source = "from BlueLED to RedLED"
    return Tracked.known(time, angle, f"the head angle {source}"), source


def _lights(nwb: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return times (s) and places of the two lights, as tracked rather than as acquired."""
    positions = [
        item
        for item in nwb.objects.values()
        if set(_LIGHTS) <= set(getattr(item, "spatial_series", None) or ())
    ]
    if len(positions) != 1:
        raise ValueError(f"holds {len(positions)} positions of {' and '.join(_LIGHTS)}, not one")
    red, blue = (positions[0].spatial_series[name] for name in _LIGHTS)
    places = [np.asarray(light.data[:], dtype=np.float64) for light in (red, blue)]
    if red.timestamps is None:
        time = red.starting_time + np.arange(len(red.data)) / red.rate
    else:
        time = np.asarray(red.timestamps[:], dtype=np.float64)
    return time, places[0], places[1]


def _spans(nwb: Any, words: tuple[str, ...]) -> Float[np.ndarray, "spans 2"]:
    """Return the intervals (s) that a table calls by one of some words, in order."""
    for item in nwb.objects.values():
        if type(item).__name__ != "TimeIntervals" or len(item) == 0:
            continue
        frame = item.to_dataframe()
        for column in frame.columns.difference(["start_time", "stop_time", "timeseries"]):
            said = [{str(each).casefold() for each in np.atleast_1d(v)} for v in frame[column]]
            for word in words:
                rows = [word in each for each in said]
                if any(rows):
                    spans = frame.loc[rows, ["start_time", "stop_time"]].to_numpy(np.float64)
                    return np.asarray(spans[np.argsort(spans[:, 0])])
    return np.zeros((0, 2))


def _areas(units: Any) -> list[str]:
    """Return the brain area of each unit, "" where the file does not say."""
    if "location" in units.colnames:
        return [str(area) for area in units["location"][:]]
    if "electrode_group" in units.colnames:
        return [str(group.location) for group in units["electrode_group"][:]]
    return [""] * len(units)


def _bins(
    *conditions: Float[np.ndarray, "_ 2"],
) -> tuple[Float[np.ndarray, " bins"], Float[np.ndarray, " bins"]]:
    """Return begin and end (s) of the bins that lie within a span of each list of spans."""
    first = np.floor(conditions[0][0, 0] / NWB_DT)
    n_bins = int(np.ceil(conditions[0][-1, 1] / NWB_DT) - first)
    edges = (first + np.arange(n_bins + 1)) * NWB_DT
    begin, end = edges[:-1], edges[1:]
    kept = np.ones(n_bins, dtype=np.bool_)
    for spans in conditions:
        span = np.searchsorted(spans[:, 0], begin + 1e-6 * NWB_DT, side="right") - 1
        kept &= (span >= 0) & (end <= spans[span, 1] + 1e-6 * NWB_DT)
    return begin[kept], end[kept]


def _counts(
    trains: list[np.ndarray], begin: Float[np.ndarray, " bins"], end: Float[np.ndarray, " bins"]
) -> UInt8[np.ndarray, "bins units"]:
    """Count the spikes of each unit in each bin."""
    if len(begin) == 0:
        return np.zeros((0, len(trains)), dtype=np.uint8)
    passed = [
        (np.searchsorted(train, end) - np.searchsorted(train, begin)).astype(np.uint16)
        for train in trains
    ]
    return Spikes(np.stack(passed, axis=1), NWB_DT).counts
