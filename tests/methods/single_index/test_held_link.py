"""Weights with the link of another fit: a fixed point, and the same for every order of neurons."""

import numpy as np
import pytest

from circuitlib.methods.single_index.held_link import weights_with_link_of
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.recordings.surrogates import jittered
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate

RING = simulate(RingNetwork(n_neurons=20), 30.0, seed=0)


@pytest.fixture(scope="module")
def fitted():
    return SingleIndex().fit(RING)


def test_the_recording_of_the_fit_gives_its_weights_and_errors(fitted):
    again = weights_with_link_of(fitted, RING)
    apart = ~np.eye(20, dtype=bool)
    moved = (again.weights - fitted.weights_)[apart] / fitted.errors_[apart]
    assert np.sqrt((moved**2).mean()) < 0.3  # of a standard error
    np.testing.assert_allclose(again.errors[apart], fitted.errors_[apart], rtol=0.1)
    assert not np.diagonal(again.weights).any()


def test_without_fine_timing_most_of_the_weights_is_gone(fitted):
    control = weights_with_link_of(fitted, jittered(RING, 0.1))
    assert np.abs(control.weights).sum() < 0.7 * np.abs(fitted.weights_).sum()


def test_counts_in_bins_and_a_known_angle_are_taken():
    spikes = RING.binned(1e-3)
    rng = np.random.default_rng(0)
    angle = np.cumsum(rng.normal(0, 0.05, spikes.n_bins))
    tuned = type(spikes)(spikes.counts, spikes.dt, angle=angle)
    fitted = SingleIndex(angle="tuning").fit(tuned)
    control = weights_with_link_of(fitted, jittered(tuned, 0.05))
    assert np.isfinite(control.weights).all()
    assert (control.errors[~np.eye(20, dtype=bool)] > 0).all()


@pytest.mark.parametrize("settings", [{"directed": False}])
def test_tied_weights_have_no_link_to_be_held(settings):
    fitted = SingleIndex(**settings).fit(RING)
    with pytest.raises(ValueError, match="free, directed"):
        weights_with_link_of(fitted, RING)
