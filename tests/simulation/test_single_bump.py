"""Weight profile II holds one bump, with the rates that every network here is tuned to."""

import numpy as np
import pytest

from circuitlib.simulation.inputs import sinusoid
from circuitlib.simulation.simulator import simulate
from circuitlib.simulation.single_bump import SingleBumpNetwork

NETWORK = SingleBumpNetwork()
SECONDS = 120.0


@pytest.fixture(scope="module", params=["threshold", "lnp"])
def driven(request):
    angle = sinusoid(1.49 * 2 * np.pi / 100, 4.0, SECONDS)
    return simulate(NETWORK, SECONDS, request.param, angle=angle, seed=0)


def test_the_weights_are_inhibitory_and_weakest_between_neighbours():
    assert (NETWORK.profile < 0).all()
    assert NETWORK.profile.argmax() == 0
    np.testing.assert_allclose(NETWORK.weights, NETWORK.weights.T)
    assert (NETWORK.n_bumps, NETWORK.bump_spacing) == (1, 100)


def test_activity_has_one_bump(driven):
    counts = driven.binned(0.1).counts.astype(float)
    power = (np.abs(np.fft.rfft(counts, axis=1)) ** 2).mean(axis=0)[1:]
    assert power.argmax() == 0
    assert power[0] > power[1:].sum()


def test_rates_and_intervals_are_those_of_the_other_networks(driven):
    assert 60 < driven.rates.mean() < 65
    assert 15e-3 < driven.intervals().mean() < 17e-3
    assert driven.rates.min() > 40


def test_no_neuron_runs_away(driven):
    assert driven.binned(0.1).counts.max() < 100  # 1 kHz


def test_every_neuron_fires_without_an_input_too():
    assert simulate(NETWORK, SECONDS, seed=0).rates.min() > 10


def test_thresholds_of_other_sizes_are_asked_for():
    with pytest.raises(ValueError, match="pass `threshold`"):
        _ = SingleBumpNetwork(n_neurons=64).threshold
