"""Simulations come back from their files with network and settings."""

from dataclasses import replace

import numpy as np
import pytest

from circuitlib.files.load import load
from circuitlib.simulation.described import network_settings
from circuitlib.simulation.networks import RandomNetwork, RingNetwork
from circuitlib.simulation.oracle import true_rates
from circuitlib.simulation.simulator import simulate
from circuitlib.simulation.sparse_network import ExcitatoryInhibitoryNetwork, SparseNetwork

NETWORK = RingNetwork()
WEAK = RingNetwork(strength=0.005)  # whose neurons all fire within a second


def test_round_trip_through_a_file(tmp_path):
    simulation = simulate(NETWORK, duration=1.0, spiking="lnp", seed=5)
    simulation.save(tmp_path / "spikes.npz")
    back = load(tmp_path / "spikes.npz")
    np.testing.assert_array_equal(back.times, simulation.times)
    assert (back.network, back.seed, back.spiking) == (NETWORK, 5, "lnp")


@pytest.mark.parametrize(
    "network",
    [
        RandomNetwork(wiring_seed=3),
        SparseNetwork(wiring_seed=3),
        ExcitatoryInhibitoryNetwork(wiring_seed=3),
        RingNetwork(width=10.0),
    ],
    ids=str,
)
def test_other_networks_come_back_from_a_file(tmp_path, network):
    simulate(network, duration=1.0).save(tmp_path / "spikes.npz")
    assert load(tmp_path / "spikes.npz").network == network


def test_the_exponential_model_comes_back_from_a_file(tmp_path):
    simulation = simulate(NETWORK, duration=1.0, spiking="exponential")
    simulation.save(tmp_path / "spikes.npz")
    assert load(tmp_path / "spikes.npz").dynamics == simulation.dynamics


def test_the_usual_width_is_left_out_of_a_file():
    assert "width" not in network_settings(NETWORK)
    assert network_settings(RingNetwork(width=10.0))["width"] == 10.0


def test_some_neurons_are_observed_and_all_true_weights_kept(tmp_path):
    whole = simulate(WEAK, duration=1.0)
    part = whole.observe([7, 3, 50])
    assert part.observed.tolist() == [3, 7, 50]
    assert part.units == ("3", "7", "50")
    np.testing.assert_array_equal(part[1], whole[7])
    again = part.observe([0, 2])
    assert again.observed.tolist() == [3, 50]
    part.save(tmp_path / "part.npz")
    back = load(tmp_path / "part.npz")
    assert back.observed.tolist() == [3, 7, 50]
    assert back.network == WEAK
    with np.load(tmp_path / "part.npz") as file:
        assert file["weights"].shape == (100, 100)
    assert whole.is_whole
    assert not back.is_whole
    with pytest.raises(ValueError, match="neurons that were not observed"):
        true_rates(back, 1e-3)


@pytest.mark.parametrize("observed", [[3, 2], [0, 100], [1]])
def test_observed_neurons_rise_within_the_network(observed):
    part = simulate(WEAK, duration=1.0).observe([0, 1])
    with pytest.raises(ValueError, match="`observed` must name 2 neurons"):
        replace(part, observed=np.array(observed))
