"""The true rates are the conditional intensities of the simulation."""

from dataclasses import replace

import numpy as np
import pytest

from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.oracle import oracle_bits_per_spike, true_rates
from circuitlib.simulation.simulator import simulate

NETWORK = RingNetwork()


@pytest.mark.parametrize("spiking", ["threshold", "lnp", "exponential"])
def test_true_rates_add_up_to_the_spikes(spiking):
    simulation = simulate(NETWORK, duration=20.0, spiking=spiking, seed=0)
    expected = true_rates(simulation, 1e-3, start=0.5).sum()
    n_spikes = (simulation.times >= 0.5).sum()
    assert expected == pytest.approx(n_spikes, abs=5 * np.sqrt(n_spikes))


@pytest.mark.parametrize("spiking", ["threshold", "lnp", "exponential"])
def test_the_oracle_knows_less_in_wider_bins(spiking):
    simulation = simulate(NETWORK, duration=10.0, spiking=spiking, seed=0)
    fine, coarse = (oracle_bits_per_spike(simulation, dt) for dt in (1e-4, 1e-3))
    assert 0.5 < coarse < fine


def test_rates_of_one_step_are_the_conditional_intensity():
    simulation = simulate(NETWORK, duration=2.0, spiking="lnp", seed=0)
    rates = true_rates(simulation, NETWORK.dt)
    steps = (simulation.times / NETWORK.dt).astype(int)
    neurons = np.repeat(np.arange(100), np.diff(simulation.offsets))
    now, decay = 15_000, 1 - NETWORK.dt / NETWORK.tau
    past = steps < now
    activation = np.bincount(neurons[past], decay ** (now - 1 - steps[past]), 100)
    drive = NETWORK.strength * NETWORK.weights @ activation + NETWORK.drive
    expected = NETWORK.gain * np.maximum(drive - NETWORK.lnp_threshold, 0)
    np.testing.assert_allclose(rates[now], expected, atol=1e-9)


def test_rates_that_cannot_fit_are_refused_at_once():
    long = replace(simulate(NETWORK, duration=0.5), duration=1e12)
    with pytest.raises(ValueError, match="GB, but the machine has"):
        true_rates(long, 1e-3)
