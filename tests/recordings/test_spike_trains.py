"""Recordings of spike times are cut and binned without losing a spike."""

import numpy as np
import pytest

from circuitlib.recordings.spike_trains import SpikeTrains

TRAINS = SpikeTrains(np.array([0.1, 0.5, 0.2, 0.3, 0.9]), np.array([0, 2, 2, 5]), 1.0)


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


def test_counts_that_cannot_fit_are_refused_before_memory_is_spent():
    long = SpikeTrains([0.1, 1e9, 0.2], [0, 2, 3], 2e9)
    with pytest.raises(ValueError, match=r"bins of 0.0001 s need 4e\+04 GB.*wider bins"):
        long.binned(1e-4)
