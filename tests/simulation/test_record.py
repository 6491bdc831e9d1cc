"""Simulations come back from their files with network and settings."""

import numpy as np

from circuitlib.files.load import load
from circuitlib.simulation.networks import RandomNetwork, RingNetwork
from circuitlib.simulation.simulator import simulate

NETWORK = RingNetwork()


def test_round_trip_through_a_file(tmp_path):
    simulation = simulate(NETWORK, duration=1.0, spiking="lnp", seed=5)
    simulation.save(tmp_path / "spikes.npz")
    back = load(tmp_path / "spikes.npz")
    np.testing.assert_array_equal(back.times, simulation.times)
    assert (back.network, back.seed, back.spiking) == (NETWORK, 5, "lnp")


def test_a_random_network_comes_back_from_a_file(tmp_path):
    simulate(RandomNetwork(wiring_seed=3), duration=1.0).save(tmp_path / "spikes.npz")
    assert load(tmp_path / "spikes.npz").network == RandomNetwork(wiring_seed=3)
