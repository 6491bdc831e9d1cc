"""The simulated networks are those of Das & Fiete, and the compiled loop equals the plain one."""

import inspect

import numpy as np
import pytest

from circuitlib.files.load import load
from circuitlib.simulation.dynamics import Dynamics
from circuitlib.simulation.loops import columns_of, simulate_compiled, simulate_numpy
from circuitlib.simulation.networks import SWEEP, RandomNetwork, RingNetwork
from circuitlib.simulation.oracle import oracle_bits_per_spike, true_rates
from circuitlib.simulation.simulator import simulate, simulate_counts

NETWORK = RingNetwork()


def test_network_has_four_bumps_25_neurons_apart():
    assert NETWORK.n_bumps == 4
    assert NETWORK.bump_spacing == 25


def test_weights_are_symmetric_and_inhibitory_with_their_peak_at_nine():
    weights = NETWORK.weights
    np.testing.assert_array_equal(weights, weights.T)
    assert (weights <= 0).all()
    assert NETWORK.profile[:50].argmin() == 9


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
@pytest.mark.parametrize("noise", ["sparse", "dense"])
def test_compiled_loop_equals_numpy(spiking, noise):
    columns, dynamics = columns_of(NETWORK), Dynamics.of(NETWORK, spiking, noise)
    fast, plain = np.zeros(100), np.zeros(100)
    compiled = simulate_compiled(np.random.default_rng(0), fast, columns, 1000, dynamics)
    reference = simulate_numpy(np.random.default_rng(0), plain, columns, 1000, dynamics)
    assert len(compiled[0]) > 100
    np.testing.assert_array_equal(compiled, reference)
    np.testing.assert_array_equal(fast, plain)


@pytest.mark.parametrize(("spiking", "rate"), [("threshold", 62.0), ("lnp", 62.5)])
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


def test_activity_has_four_bumps():
    counts = simulate(NETWORK, duration=20.0, seed=0).binned(0.1).counts
    power = np.abs(np.fft.rfft(counts.astype(float), axis=1)) ** 2
    assert power.mean(axis=0)[1:].argmax() + 1 == 4


def test_same_seed_same_spikes_and_another_seed_others():
    first, again, other = (simulate(NETWORK, duration=1.0, seed=seed).times for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
def test_true_rates_add_up_to_the_spikes(spiking):
    simulation = simulate(NETWORK, duration=20.0, spiking=spiking, seed=0)
    expected = true_rates(simulation, 1e-3, start=0.5).sum()
    n_spikes = (simulation.times >= 0.5).sum()
    assert expected == pytest.approx(n_spikes, abs=5 * np.sqrt(n_spikes))


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
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


def test_round_trip_through_a_file(tmp_path):
    simulation = simulate(NETWORK, duration=1.0, spiking="lnp", seed=5)
    simulation.save(tmp_path / "spikes.npz")
    back = load(tmp_path / "spikes.npz")
    np.testing.assert_array_equal(back.times, simulation.times)
    assert (back.network, back.seed, back.spiking) == (NETWORK, 5, "lnp")


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


@pytest.mark.parametrize("settings", [{"spiking": "poisson"}, {"noise": "pink"}])
def test_an_unknown_model_is_named(settings):
    # Unwrapped, because the shape checks of the tests would refuse a wrong word first.
    make = inspect.unwrap(Dynamics.of.__func__)
    with pytest.raises(ValueError, match=f"`{next(iter(settings))}` must be one of"):
        make(Dynamics, NETWORK, **settings)


@pytest.mark.parametrize("network", [RingNetwork(strength=1.0), RandomNetwork(strength=1.0)])
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


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
def test_every_neuron_of_the_random_network_fires(spiking):
    rates = simulate(RandomNetwork(), duration=60.0, spiking=spiking, seed=0).rates
    assert rates.mean() == pytest.approx(62.0, abs=1.0)
    assert rates.min() > 10


def test_a_random_network_comes_back_from_a_file(tmp_path):
    simulate(RandomNetwork(wiring_seed=3), duration=1.0).save(tmp_path / "spikes.npz")
    assert load(tmp_path / "spikes.npz").network == RandomNetwork(wiring_seed=3)


@pytest.mark.parametrize("dt", [1e-3, 7e-3, 0.3])
def test_streamed_counts_are_those_of_the_spike_times(dt):
    # Longer than a chunk of the simulation, whose end cuts through bins of 7 and of 300 ms.
    simulation = simulate(NETWORK, duration=12.0, seed=2)
    streamed = simulate_counts(NETWORK, 12.0, dt, seed=2)
    np.testing.assert_array_equal(streamed.counts, simulation.binned(dt).counts)
