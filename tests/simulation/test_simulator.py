"""Simulated populations fire as stated, the same for one seed, and counts can be streamed."""

import numpy as np
import pytest

from circuitlib.simulation.networks import SWEEP, RandomNetwork, RingNetwork
from circuitlib.simulation.simulator import simulate, simulate_counts
from circuitlib.simulation.sparse_network import ExcitatoryInhibitoryNetwork, SparseNetwork

NETWORK = RingNetwork()


@pytest.mark.parametrize(
    ("spiking", "rate"), [("threshold", 62.0), ("lnp", 62.5), ("exponential", 62.0)]
)
def test_mean_rate_of_the_strongest_network(spiking, rate):
    simulation = simulate(NETWORK, duration=240.0, spiking=spiking, seed=0)
    assert simulation.rates.mean() == pytest.approx(rate, abs=1.0)


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
@pytest.mark.parametrize("row", SWEEP, ids=lambda row: str(row.strength))
def test_every_strength_is_tuned_to_a_mean_interval_of_16_ms(row, spiking):
    network = RingNetwork(strength=row.strength)
    simulation = simulate(network, duration=60.0, spiking=spiking, seed=0)
    # The mean over neurons of the time per spike; short intervals of slow neurons are not lost.
    assert 1 / simulation.rates.mean() == pytest.approx(16e-3, abs=0.5e-3)


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
@pytest.mark.parametrize(
    "network", [RandomNetwork(), SparseNetwork(), ExcitatoryInhibitoryNetwork()], ids=str
)
def test_every_neuron_of_a_network_without_geometry_fires(network, spiking):
    rates = simulate(network, duration=60.0, spiking=spiking, seed=0).rates
    assert rates.mean() == pytest.approx(62.0, abs=1.0)
    assert rates.min() > 10


@pytest.mark.parametrize("spiking", ["threshold", "lnp", "exponential"])
@pytest.mark.parametrize(("width", "n_bumps"), [(5.6, 5), (7.0, 4), (10.0, 3)])
def test_activity_has_as_many_bumps_as_its_width_allows(width, n_bumps, spiking):
    network = RingNetwork(width=width)
    assert network.n_bumps == n_bumps
    counts = simulate(network, duration=20.0, spiking=spiking, seed=0).binned(0.1).counts
    power = np.abs(np.fft.rfft(counts.astype(float), axis=1)) ** 2
    assert power.mean(axis=0)[1:].argmax() + 1 == n_bumps


@pytest.mark.parametrize("width", [5.6, 10.0])
@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
def test_another_width_keeps_the_mean_rate(width, spiking):
    rates = simulate(RingNetwork(width=width), duration=60.0, spiking=spiking, seed=0).rates
    assert rates.mean() == pytest.approx(62.0, abs=1.5)
    assert rates.min() > 10


def test_activity_that_runs_away_is_refused():
    with pytest.raises(ValueError, match="the activity runs away"):
        simulate(RingNetwork(strength=5e-4), duration=1.0, spiking="lnp", threshold=-1.0)


def test_same_seed_same_spikes_and_another_seed_others():
    first, again, other = (simulate(NETWORK, duration=1.0, seed=seed).times for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"duration": 0.0}, "`duration`"),
        ({"burn_in": -1.0}, "`burn_in`"),
        ({"threshold": 1.0}, "silent"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        simulate(NETWORK, **({"duration": 0.1, "burn_in": 0.0} | settings))


@pytest.mark.parametrize("dt", [1e-3, 7e-3, 0.3])
def test_streamed_counts_are_those_of_the_spike_times(dt):
    # Longer than a chunk of the simulation, whose end cuts through bins of 7 and of 300 ms.
    simulation = simulate(NETWORK, duration=12.0, seed=2)
    streamed = simulate_counts(NETWORK, 12.0, dt, seed=2)
    np.testing.assert_array_equal(streamed.counts, simulation.binned(dt).counts)
