"""Traces equal plain loops within each run, and the cosines of a filter cover it evenly."""

import numpy as np
import pytest

from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import raised_cosines, trace

DT, TAU = 1e-3, 10e-3


def test_trace_equals_a_loop_and_never_crosses_a_gap():
    counts = np.random.default_rng(0).poisson(0.05, size=(300, 6)).astype(np.uint8)
    spikes = Spikes(counts, DT, np.array([0, 120, 121]))
    s = np.zeros((300, 6))
    for t in range(300):
        if t not in spikes.starts:
            s[t] = np.exp(-DT / TAU) * (s[t - 1] + spikes.counts[t - 1])
    np.testing.assert_allclose(trace(spikes, TAU), s, rtol=1e-5, atol=1e-6)


def test_cosines_add_up_to_two_away_from_the_ends():
    basis = raised_cosines(200, 32)
    np.testing.assert_allclose(basis.sum(axis=1)[7:-7], 2.0)
    np.testing.assert_array_equal(basis[::-1, ::-1].round(12), basis.round(12))
    with pytest.raises(ValueError, match="needs two cosines and two steps, got 1 and 200"):
        raised_cosines(200, 1)
