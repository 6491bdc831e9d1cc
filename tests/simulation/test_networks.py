"""The simulated networks have the weights of Das & Fiete."""

import numpy as np
import pytest

from circuitlib.simulation.networks import RandomNetwork, RingNetwork
from circuitlib.simulation.sparse_network import ExcitatoryInhibitoryNetwork, SparseNetwork

NETWORK = RingNetwork()


def test_network_has_four_bumps_25_neurons_apart():
    assert NETWORK.n_bumps == 4
    assert NETWORK.bump_spacing == 25


def test_weights_are_symmetric_and_inhibitory_with_their_peak_at_nine():
    weights = NETWORK.weights
    np.testing.assert_array_equal(weights, weights.T)
    assert (weights <= 0).all()
    assert NETWORK.profile[:50].argmin() == 9


@pytest.mark.parametrize(
    "network",
    [RingNetwork(strength=1.0), RandomNetwork(strength=1.0), SparseNetwork(density=0.5)],
)
def test_a_strength_outside_the_sweep_asks_for_a_threshold(network):
    with pytest.raises(ValueError, match="pass `threshold`"):
        _ = network.threshold


def test_a_random_network_has_the_weights_of_the_ring_without_its_order():
    weights = RandomNetwork().weights
    np.testing.assert_array_equal(weights, weights.T)
    np.testing.assert_array_equal(np.diagonal(weights), np.diagonal(NETWORK.weights))
    np.testing.assert_array_equal(np.sort(weights.ravel()), np.sort(NETWORK.weights.ravel()))
    assert not np.array_equal(weights, RandomNetwork(wiring_seed=1).weights)
    # No pair stands out by its distance: the mean profile is flat within its standard error.
    neighbours = np.diagonal(weights, 9)
    pairs = weights[np.triu_indices(100, 1)]
    assert neighbours.mean() == pytest.approx(pairs.mean(), abs=4 * pairs.std() / np.sqrt(91))


def test_a_sparse_network_is_inhibitory_and_has_a_direction():
    weights = SparseNetwork().weights
    apart = ~np.eye(100, dtype=bool)
    assert (weights <= 0).all()
    connected = weights[apart] < 0
    assert connected.mean() == pytest.approx(0.15, abs=4 * np.sqrt(0.15 * 0.85 / 9900))
    both = (weights < 0) & (weights < 0).T & apart
    # A connection says nothing about the one in the other direction.
    assert both.sum() / connected.sum() == pytest.approx(0.15, abs=0.04)
    assert weights[weights < 0].mean() == pytest.approx(-2.3e-3, rel=0.1)
    assert not np.array_equal(weights, SparseNetwork(wiring_seed=1).weights)


def test_in_an_excitatory_inhibitory_network_a_neuron_has_one_sign():
    weights = ExcitatoryInhibitoryNetwork().weights.copy()
    np.fill_diagonal(weights, 0)
    assert (weights[:, :80] >= 0).all()
    assert (weights[:, 80:] <= 0).all()
    assert weights.sum() < 0
    assert (weights != 0).mean() == pytest.approx(0.15, abs=0.02)


def test_the_width_stretches_the_profile_and_keeps_the_inhibition():
    wide = RingNetwork(width=14.0, n_neurons=200)
    np.testing.assert_allclose(wide.profile[::2], NETWORK.profile / 2)
    assert wide.profile.sum() == pytest.approx(NETWORK.profile.sum(), rel=1e-3)
    with pytest.raises(ValueError, match="`width` in neurons must be positive"):
        RingNetwork(width=0.0)


def test_a_threshold_of_the_exponential_model_is_asked_for_where_none_is_tuned():
    for network in (RandomNetwork(), RingNetwork(strength=0.01)):
        with pytest.raises(ValueError, match="no threshold of the exponential model"):
            _ = network.exponential_threshold


@pytest.mark.parametrize("density", [0.0, 1.5, np.nan])
def test_a_density_is_a_part(density):
    with pytest.raises(ValueError, match="`density` must lie between 0 and 1"):
        SparseNetwork(density=density)
