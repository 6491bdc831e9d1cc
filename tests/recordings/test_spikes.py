"""Recordings of counts are cut without copies and binned within their runs."""

import numpy as np

from circuitlib.recordings.spikes import Spikes

COUNTS = np.random.default_rng(0).poisson(0.3, size=(1000, 4)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3)


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
