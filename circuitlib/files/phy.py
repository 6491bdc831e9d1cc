"""Folders of a spike sorter, as Kilosort writes and Phy curates them."""

import ast
import csv
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from circuitlib._npz import ArchiveError
from circuitlib.files.sorted_units import SortedUnits

#: Columns that say how good a cluster is: the judgement of a person counts before the sorter's.
_LABELS = ("group", "KSLabel")
_GOOD = "good"


def read_phy(path: Path) -> tuple[SortedUnits, float | None]:
    """Read the clusters of a folder of Kilosort or Phy.

    Parameters
    ----------
    path
        A folder with ``spike_times.npy`` (numbers of samples), ``spike_clusters.npy``, and, where
        they exist, ``params.py`` (sampling rate, raw data) and tables ``cluster_*.tsv``.

    Returns
    -------
    SortedUnits
        All clusters; those labelled "good" are meant if none are chosen. The recording begins at
        sample 0 and ends with the raw data, if these are there.
    float or None
        Samples per second, if the folder says.

    Raises
    ------
    ArchiveError
        If a file is missing, damaged, or does not fit the others.

    References
    ----------
    https://phy.readthedocs.io/en/latest/sorting_user_guide/, "Datasets".
    """
    samples = _array(path / "spike_times.npy")
    clusters = _array(path / "spike_clusters.npy")
    if clusters.shape != samples.shape:
        raise ArchiveError(
            f"{path}: {len(samples)} spike times but {len(clusters)} spike clusters; copy the "
            "folder again"
        )
    if len(samples) == 0:
        raise ArchiveError(f"{path}: holds no spikes")
    numbers = np.unique(clusters)
    order = np.argsort(clusters, kind="stable")
    cuts = np.searchsorted(clusters[order], numbers[1:])
    names = tuple(str(number) for number in numbers.tolist())
    columns = _columns(path, names)
    label = next((each for each in _LABELS if _GOOD in columns.get(each, ())), None)
    params = _params(path / "params.py")
    units = SortedUnits(
        names,
        np.split(samples[order], cuts),
        _recorded(path, params),
        columns,
        usual=None if label is None else f"{label}={_GOOD}",
    )
    rate = params.get("sample_rate")
    return units, None if rate is None else float(rate)


def _array(path: Path) -> np.ndarray:
    """Read a flat array of numbers."""
    if not path.is_file():
        raise ArchiveError(f"{path}: no such file; give a folder of Kilosort or Phy")
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        reason = " ".join(str(error).split())
        raise ArchiveError(f"{path}: damaged ({reason}); copy the folder again") from None
    if array.dtype.kind not in "iuf" or array.size != array.shape[0]:
        raise ArchiveError(f"{path}: must be a list of numbers, got {array.dtype} {array.shape}")
    flat: np.ndarray = array.ravel()
    return flat


def _columns(path: Path, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Read what the tables of the folder say of each cluster; "" where they say nothing."""
    columns = {}
    for table in sorted(path.glob("cluster_*.tsv")):
        try:
            rows = list(csv.DictReader(table.read_text().splitlines(), delimiter="\t"))
        except (UnicodeDecodeError, csv.Error) as error:
            raise ArchiveError(f"{table}: damaged ({error}); copy the folder again") from None
        for column in rows[0] if rows else ():
            said = {row.get("cluster_id"): row[column] or "" for row in rows}
            if column and column != "cluster_id":
                columns[column] = tuple(said.get(name, "") for name in names)
    return columns


def _params(path: Path) -> dict[str, Any]:
    """Read the plain values of a ``params.py``, which is never run."""
    if not path.is_file():
        return {}
    try:
        lines = ast.parse(path.read_text()).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ArchiveError(f"{path}: cannot be read; copy the folder again") from None
    params = {}
    for line in lines:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            try:
                params[line.targets[0].id] = ast.literal_eval(line.value)
            except ValueError:
                continue  # an expression, such as a path that is put together
    rate = params.get("sample_rate", 1.0)
    if isinstance(rate, bool) or not isinstance(rate, int | float) or not 0 < rate < np.inf:
        raise ArchiveError(f"{path}: `sample_rate` in hertz must be positive, got {rate!r}")
    return params


def _recorded(path: Path, params: dict[str, Any]) -> Float[np.ndarray, "1 2"]:
    """Return first and last sample; the last is not known without the raw data."""
    data = params.get("dat_path", ())
    files = [path / name for name in ([data] if isinstance(data, str) else data)]
    channels = params.get("n_channels_dat")
    if not files or not isinstance(channels, int) or not all(file.is_file() for file in files):
        return np.array([[0.0, np.inf]])
    try:
        width = np.dtype(str(params.get("dtype", "int16"))).itemsize * channels
    except TypeError:
        raise ArchiveError(f"{path / 'params.py'}: unknown `dtype`; correct it") from None
    return np.array([[0.0, float(sum(file.stat().st_size for file in files) // width)]])
