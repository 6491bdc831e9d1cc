"""Spikes files come back as they were written, and bad content is refused in one line."""

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.files.load import load
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes

COUNTS = np.random.default_rng(0).poisson(0.3, size=(1000, 4)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3)
TIMES = np.array([0.1, 0.5, 0.2, 0.3, 0.9])
TRAINS = SpikeTrains(TIMES, np.array([0, 2, 2, 5]), 1.0)


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
