"""Archives are read without unpickling and written whole or not at all, or refused by name."""

import pickle

import numpy as np
import pytest

from circuitlib._npz import ArchiveError, read_archive, write_archive
from circuitlib.files.load import load
from circuitlib.recordings.spikes import Spikes

COUNTS = np.random.default_rng(0).poisson(0.3, size=(1000, 4)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3)


def test_a_missing_file_and_a_foreign_file_are_named(tmp_path):
    with pytest.raises(ArchiveError, match="no such file"):
        read_archive(tmp_path / "x.npz")
    (tmp_path / "y.npz").write_bytes(b"not an archive")
    with pytest.raises(ArchiveError, match=r"not an \.npz"):
        read_archive(tmp_path / "y.npz")


def test_a_truncated_file_is_named(tmp_path):
    SPIKES.save(tmp_path / "x.npz")
    whole = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArchiveError, match="truncated"):
        read_archive(tmp_path / "x.npz")


def test_pickled_objects_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the file was unpickled",))

    payload = np.empty(1, dtype=object)
    payload[0] = 1
    np.savez(tmp_path / "x.npz", counts=payload, dt=1e-3)
    with pytest.raises(ArchiveError, match="pickled"):
        read_archive(tmp_path / "x.npz")
    (tmp_path / "y.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ArchiveError, match=r"not an \.npz"):
        read_archive(tmp_path / "y.npz")


def test_a_full_disk_leaves_the_old_file(tmp_path, monkeypatch):
    SPIKES.save(tmp_path / "x.npz")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(ArchiveError, match="No space left"):
        write_archive(tmp_path / "x.npz", {"a": np.zeros(3)})
    assert [path.name for path in tmp_path.iterdir()] == ["x.npz"]
    assert load(tmp_path / "x.npz").n_spikes == SPIKES.n_spikes


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ArchiveError, match="no such folder"):
        SPIKES.save(tmp_path / "missing" / "x.npz")
