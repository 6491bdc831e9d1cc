"""Constructors convert what can be converted, and refuse the rest by the argument's name."""

import numpy as np
import pandas as pd
import pytest
import torch

from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes

COUNTS = np.array([[0, 1], [2, 0], [1, 1]], dtype=np.uint8)
MASKED = np.ma.masked_equal(COUNTS, 2)
TIMES, OFFSETS = [0.1, 0.5, 0.2], [0, 2, 3]


@pytest.mark.parametrize(
    "counts",
    [
        COUNTS.tolist(),
        COUNTS.astype(float),
        COUNTS.astype(bool).astype(np.int8) + COUNTS // 2,
        torch.from_numpy(COUNTS),
        pd.DataFrame(COUNTS),
        np.ma.masked_array(COUNTS),
    ],
    ids=["list", "float", "int8", "tensor", "DataFrame", "nothing masked"],
)
def test_counts_of_any_kind_are_taken_over(counts):
    spikes = Spikes(counts, np.array([1e-3]), [0, 1])
    assert spikes.counts.dtype == np.uint8
    np.testing.assert_array_equal(spikes.counts, COUNTS)
    assert spikes.dt == 1e-3


BAD_COUNTS = {
    "None": (None, "`counts` must be numbers, got NoneType"),
    "strings": ([["a", "b"]], "`counts` must be numbers"),
    "ragged": ([[1, 2], [3]], "`counts` cannot be made an array"),
    "complex": (COUNTS * 1j, "`counts` must be numbers"),
    "negative": ([[0, -1]], "`counts` must not be negative, got -1"),
    "NaN": ([[0.0, np.nan]], "`counts` holds NaN"),
    "masked": (MASKED, "`counts` holds masked values"),
    "fraction": ([[0.5, 1.0]], "`counts` must be whole numbers"),
    "too many": ([[256, 0]], "`counts` above 255"),
    "flat": ([1, 2, 3], r"`counts` must have shape \(time, neurons\)"),
    "empty": (np.zeros((0, 3)), "the recording is empty"),
}


@pytest.mark.parametrize(("counts", "message"), BAD_COUNTS.values(), ids=BAD_COUNTS.keys())
def test_what_are_no_counts_is_refused(counts, message):
    with pytest.raises(ValueError, match=message) as caught:
        Spikes(counts, 1e-3)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dt": 0.0}, "`dt` in seconds must be positive"),
        ({"dt": None}, "`dt` must be numbers, got NoneType"),
        ({"dt": "1 ms"}, "`dt` must be numbers"),
        ({"dt": np.nan}, "`dt` must be one finite number"),
        ({"starts": [1]}, "`starts` must rise from 0"),
        ({"starts": [0.5]}, "`starts` must be whole numbers"),
        ({"units": ["a"]}, "`units` names 1 neurons, but there are 2"),
        ({"units": ["a", "a"]}, "`units` must differ, but 'a' comes twice"),
        ({"units": "ab"}, "`units` must be one name for each neuron"),
        ({"units": 2}, "`units` must be one name for each neuron"),
    ],
)
def test_other_arguments_of_counts_are_refused_by_name(change, message):
    with pytest.raises(ValueError, match=message):
        Spikes(**({"counts": COUNTS, "dt": 1e-3} | change))


@pytest.mark.parametrize("as_kind", [list, np.array, torch.tensor, pd.Series])
def test_times_of_any_kind_are_taken_over(as_kind):
    trains = SpikeTrains(as_kind(TIMES), as_kind(OFFSETS), as_kind([1.0]))
    np.testing.assert_allclose(trains.times, TIMES)
    assert trains.times.dtype == np.float64
    assert trains.duration == 1.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times": None}, "`times` must be numbers, got NoneType"),
        ({"times": ["a", "b", "c"]}, "`times` must be numbers"),
        ({"times": [[0.1, 0.5, 0.2]]}, r"`times` must have shape \(spikes,\)"),
        ({"times": [0.1, np.nan, 0.2]}, "`times` holds NaN"),
        ({"times": [0.5, 0.1, 0.2]}, "`times` must rise within each neuron"),
        ({"times": [0.1, 5.0, 0.2]}, "must lie between 0 and the duration"),
        ({"times": [], "offsets": [0, 0, 0]}, "the recording is empty"),
        ({"offsets": [0, 2]}, "`offsets` must rise from 0 to the number of spikes"),
        ({"offsets": [0.0, 2.0, 3.0]}, "`offsets` must be whole numbers"),
        ({"offsets": None}, "`offsets` must be numbers, got NoneType"),
        ({"duration": -1}, "`duration` in seconds must be positive"),
        ({"duration": [1, 2]}, "`duration` must be one finite number"),
        ({"run_starts": [0.5]}, "`run_starts` must rise from 0"),
        ({"run_starts": None}, "`run_starts` must be numbers"),
        ({"run_starts": [0, 3.0]}, "`run_starts` must lie before the end"),
        ({"precision": "fine"}, "`precision` must be numbers"),
        ({"units": ["a", "b", "c"]}, "`units` names 3 neurons, but there are 2"),
    ],
)
def test_arguments_of_times_are_refused_by_name(change, message):
    content = {"times": TIMES, "offsets": OFFSETS, "duration": 1.0} | change
    with pytest.raises(ValueError, match=message) as caught:
        SpikeTrains(**content)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "recording",
    [
        Spikes(pd.DataFrame(COUNTS, columns=["left", "right"]), 1e-3),
        SpikeTrains(TIMES, OFFSETS, 1.0, units=["left", "right"]),
    ],
    ids=["counts", "times"],
)
def test_names_of_neurons_go_with_them(recording, tmp_path):
    import circuitlib as cl

    assert recording.units == ("left", "right")
    assert recording.select([1]).units == ("right",)
    assert recording.select([True, False]).units == ("left",)
    assert recording.binned(0.003).units == recording.units
    assert all(part.units == recording.units for part in recording.split(0.3))
    recording.save(tmp_path / "x.npz")
    assert cl.load(tmp_path / "x.npz", time_unit="s").units == recording.units


def test_neurons_without_names_are_numbered(tmp_path):
    spikes = Spikes(COUNTS, 1e-3)
    assert spikes.units == ("0", "1")
    assert "units" not in spikes.arrays()
    assert spikes.select([1]).arrays()["units"].tolist() == ["1"]
