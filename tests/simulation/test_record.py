"""Simulations come back from their files with network and settings."""

import numpy as np
import pytest

from circuitlib.files.load import load
from circuitlib.simulation.described import network_settings
from circuitlib.simulation.networks import RandomNetwork, RingNetwork
from circuitlib.simulation.simulator import simulate
from circuitlib.simulation.sparse_network import ExcitatoryInhibitoryNetwork, SparseNetwork

NETWORK = RingNetwork()


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
