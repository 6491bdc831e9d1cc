"""A selection means the same neurons on every kind of recording."""

import numpy as np
import pytest

from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes

COUNTS = np.random.default_rng(0).poisson(0.3, size=(50, 4)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 0.1)
TRAINS = SpikeTrains(np.array([0.1, 0.5, 0.2, 0.3, 0.9]), np.array([0, 2, 3, 4, 5]), 1.0)
HEAD = HeadDirectionRecording(SPIKES, np.zeros(50), "test")


def counts_of(recording):
    recording = recording.spikes if isinstance(recording, HeadDirectionRecording) else recording
    return recording.binned(0.1).counts


@pytest.mark.parametrize("recording", [SPIKES, TRAINS, HEAD], ids=["counts", "times", "head"])
@pytest.mark.parametrize(
    "neurons",
    [np.array([2, 0]), [2, 0], np.array([2, 0], dtype=np.uint8)],
    ids=["array", "list", "bytes"],
)
def test_numbers_choose_neurons_in_their_order(recording, neurons):
    np.testing.assert_array_equal(
        counts_of(recording.select(neurons)), counts_of(recording)[:, [2, 0]]
    )


@pytest.mark.parametrize("recording", [SPIKES, TRAINS, HEAD], ids=["counts", "times", "head"])
def test_a_mask_chooses_the_neurons_where_it_is_true(recording):
    mask = np.array([False, True, False, True])
    np.testing.assert_array_equal(
        counts_of(recording.select(mask)), counts_of(recording)[:, [1, 3]]
    )


@pytest.mark.parametrize("recording", [SPIKES, TRAINS, HEAD], ids=["counts", "times", "head"])
@pytest.mark.parametrize(
    ("neurons", "message"),
    [
        (np.array([True, False]), "each of the 4 neurons"),
        ([4], "between 0 and 3"),
        ([-1], "between 0 and 3"),
        ([0.5], "numbers of neurons or a mask"),
        (["a"], "numbers of neurons or a mask"),
        (None, "numbers of neurons or a mask"),
        (np.zeros(4, dtype=bool), "chooses no neuron"),
    ],
)
def test_other_selections_are_refused(recording, neurons, message):
    with pytest.raises(ValueError, match=message):
        recording.select(neurons)
