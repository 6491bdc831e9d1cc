"""Recordings check themselves, are cut and binned without loss, and survive their files."""

import pickle

import numpy as np
import pytest

from circuitlib._npz import ArchiveError, read_archive, write_archive
from circuitlib.files.load import load
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes

RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.3, size=(1000, 4)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3)
TIMES = np.array([0.1, 0.5, 0.2, 0.3, 0.9])
TRAINS = SpikeTrains(TIMES, np.array([0, 2, 2, 5]), 1.0)


def test_windows_and_splits_are_views():
    first, rest = SPIKES.split(0.8)
    assert np.shares_memory(first.counts, COUNTS)
    assert np.shares_memory(rest.counts, COUNTS)
    np.testing.assert_array_equal(np.concatenate([first.counts, rest.counts]), COUNTS)


def test_a_window_keeps_the_gaps_within_it():
    spikes = Spikes(COUNTS, 1e-3, np.array([0, 300, 700]))
    np.testing.assert_array_equal(spikes.window(300, 500).starts, [0, 400])


def test_binning_counts_never_crosses_a_gap():
    wide = Spikes(COUNTS, 1e-3, np.array([0, 305])).binned(10e-3)
    assert wide.n_bins == 30 + 69
    np.testing.assert_array_equal(wide.starts, [0, 30])
    np.testing.assert_array_equal(wide.counts[30], COUNTS[305:315].sum(axis=0))


def test_binning_trains_keeps_every_spike_and_agrees_with_histogram():
    binned = TRAINS.binned(0.1)
    assert binned.n_spikes == TRAINS.n_spikes
    np.testing.assert_array_equal(binned.counts[:, 1], 0)
    np.testing.assert_array_equal(np.flatnonzero(binned.counts[:, 2]), [2, 3, 9])


def test_splitting_trains_keeps_every_spike():
    first, rest = TRAINS.split(0.5)
    assert first.n_spikes + rest.n_spikes == TRAINS.n_spikes
    np.testing.assert_allclose(rest[2], [0.4])


def test_intervals_do_not_cross_neurons():
    np.testing.assert_allclose(TRAINS.intervals(), [0.4, 0.1, 0.6])


@pytest.mark.parametrize("recording", [SPIKES, TRAINS], ids=["counts", "times"])
def test_round_trip(recording, tmp_path):
    recording.save(tmp_path / "x.npz")
    back = load(tmp_path / "x.npz")
    for name, value in recording.arrays().items():
        np.testing.assert_array_equal(back.arrays()[name], value)
    assert [path.name for path in tmp_path.iterdir()] == ["x.npz"]


TIMED = {"spike_times": TIMES, "spike_offsets": np.array([0, 2, 2, 5]), "duration": 1.0}
BAD = {
    "wrong shape": ({"counts": COUNTS[0], "dt": 1e-3}, "must have shape"),
    "nan": ({"counts": np.full((3, 2), np.nan), "dt": 1e-3}, "NaN"),
    "negative": ({"counts": -np.ones((3, 2)), "dt": 1e-3}, "must not be negative"),
    "fraction": ({"counts": np.full((3, 2), 0.5), "dt": 1e-3}, "whole numbers"),
    "dt of zero": ({"counts": COUNTS, "dt": 0.0}, "must be positive"),
    "empty counts": ({"counts": COUNTS[:0], "dt": 1e-3}, "empty"),
    "empty times": (
        {"spike_times": np.zeros(0), "spike_offsets": np.array([0, 0])},
        "empty",
    ),
    "offsets": (TIMED | {"spike_offsets": np.array([0, 4, 2, 5])}, "must rise from 0"),
    "nan time": (TIMED | {"spike_times": np.full(5, np.nan)}, "NaN"),
    "unsorted": (TIMED | {"spike_times": TIMES[::-1].copy()}, "must rise within"),
    "outside": (TIMED | {"duration": 0.2}, "must lie between"),
    "something else": ({"x": np.zeros(3)}, "holds no recording"),
}


@pytest.mark.parametrize(("arrays", "message"), BAD.values(), ids=BAD.keys())
def test_bad_content_is_refused_in_one_line(arrays, message, tmp_path):
    np.savez(tmp_path / "x.npz", **arrays)
    with pytest.raises(ArchiveError, match=message) as caught:
        load(tmp_path / "x.npz")
    assert "\n" not in str(caught.value)


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
