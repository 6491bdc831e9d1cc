"""The advantage of a model is the difference of its log likelihood, with an honest error."""

from dataclasses import replace

import numpy as np
import pytest

from circuitlib.methods.single_index.advantage import advantage
from circuitlib.methods.single_index.single_index import SingleIndex


@pytest.fixture(scope="module")
def fits(coupled):
    """Return a free and a symmetric model of a directed circuit, and the spikes of the test."""
    spikes, _ = coupled
    train, test = spikes.split(0.7)
    free, symmetric = (SingleIndex(directed=each).fit(train) for each in (True, False))
    return free, symmetric, test


def test_directed_weights_are_preferred_in_a_directed_circuit(fits):
    free, symmetric, test = fits
    found = advantage(free, symmetric, test)
    assert found.nats_per_spike > 3 * found.error
    # The blocks lose their first 80 ms, which is all that the sum over them changes.
    whole = symmetric.loss(test) - free.loss(test)
    assert found.nats_per_spike == pytest.approx(whole, abs=found.error)


def test_it_changes_its_sign_with_the_order(fits):
    free, symmetric, test = fits
    there, back = advantage(free, symmetric, test), advantage(symmetric, free, test)
    assert there.nats_per_spike == pytest.approx(-back.nats_per_spike)
    assert there.error == pytest.approx(back.error)
    assert advantage(free, free, test) == (0, 0)


def test_the_error_is_that_of_other_cuts(fits):
    free, symmetric, test = fits
    few, many = (advantage(free, symmetric, test, number) for number in (12, 48))
    # A standard deviation of 12 values is known to about 20 %.
    assert few.error == pytest.approx(many.error, rel=0.7)


def test_what_cannot_be_compared_is_refused(fits):
    free, symmetric, test = fits
    wider = replace(symmetric, bin_width=2e-3)
    with pytest.raises(ValueError, match=r"bins of 0\.001 s and of 0\.002 s"):
        advantage(free, wider, test)
    with pytest.raises(ValueError, match="`n_blocks` must be at least 2, got 1"):
        advantage(free, symmetric, test, 1)
    with pytest.raises(ValueError, match="too short"):
        advantage(free, symmetric, test.window(0, 400), 10)


def test_times_and_counts_say_the_same(fits):
    from circuitlib.recordings.spike_trains import SpikeTrains

    free, symmetric, test = fits
    once = type(test)(np.minimum(test.counts, 1), test.dt)  # a time a bin
    bins, neurons = np.nonzero(once.counts)
    order = np.argsort(neurons, kind="stable")
    offsets = np.searchsorted(neurons[order], np.arange(6))
    trains = SpikeTrains((bins[order] + 0.5) * 1e-3, offsets, once.duration)
    for each in (once, trains):
        found = advantage(free, symmetric, each, 10)
        assert found.nats_per_spike == pytest.approx(
            advantage(free, symmetric, once, 10).nats_per_spike, rel=1e-6
        )
