"""Correlation and precision equal their closed forms and refuse what has none."""

import numpy as np
import pytest

from circuitlib.methods.covariance import Correlation, Precision
from circuitlib.recordings.spikes import Spikes

DT, N = 1e-3, 6


def test_correlation_equals_numpy(spikes):
    expected = np.corrcoef(spikes.binned(10e-3).counts.T) - np.eye(N)
    np.testing.assert_allclose(Correlation().fit(spikes).weights_, expected, atol=1e-12)


def test_precision_of_three_neurons_equals_the_closed_form(spikes):
    three = spikes.select(np.arange(3))
    r = np.corrcoef(three.binned(10e-3).counts.T)
    expected = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    weights = Precision().fit(three).weights_
    assert weights[0, 1] == pytest.approx(expected, abs=1e-12)
    np.testing.assert_array_equal(weights, weights.T)


def test_a_summed_or_constant_neuron_has_no_precision(spikes):
    three = spikes.counts[:, :3]
    summed = np.column_stack([three, three.sum(axis=1, dtype=np.uint8)])
    with pytest.raises(ValueError, match=r"singular \(rank 3 of 4\)"):
        Precision().fit(Spikes(summed, DT))
    counts = spikes.counts.copy()
    counts[:, 2] = 1
    for estimator in (Correlation(), Precision()):
        with pytest.raises(ValueError, match="neuron 2 has the same count in every bin"):
            estimator.fit(Spikes(counts, DT))
