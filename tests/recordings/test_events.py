"""Events are the same from spike times and from counts."""

import numpy as np
import pytest

from circuitlib.recordings.events import Events, check_width
from circuitlib.recordings.spike_trains import SpikeTrains

RNG = np.random.default_rng(1)


def test_spike_times_and_counts_make_the_same_events():
    times = [np.sort(RNG.uniform(0, 2.0, 50)) for _ in range(3)]
    trains = SpikeTrains(np.concatenate(times), np.array([0, 50, 100, 150]), 2.0)
    one, other = Events.of(trains, 0.05), Events.of(trains.binned(0.05), 0.05)
    for name in ("bins", "offsets"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.runs.starts, other.runs.starts)
    assert one.n_bins == other.n_bins == 40


def test_bins_wider_than_two_time_constants_are_refused():
    check_width(20e-3, 10e-3)
    with pytest.raises(ValueError, match=r"at most 0\.02 s"):
        check_width(21e-3, 10e-3)
