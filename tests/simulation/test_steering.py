"""An angle shifts what the weights read; the bumps travel, and spikes stay without it."""

import numpy as np
import pytest

from circuitlib.files.load import load
from circuitlib.recordings.angle import Angle
from circuitlib.simulation.inputs import sinusoid
from circuitlib.simulation.networks import RandomNetwork, RingNetwork
from circuitlib.simulation.oracle import oracle_bits_per_spike, true_rates
from circuitlib.simulation.simulator import simulate, simulate_counts
from circuitlib.simulation.steering import Steering, steering_from

NETWORK = RingNetwork()
NEURON = 2 * np.pi / 100  # radians from one neuron to the next


def travel(simulation):
    """Neurons per second that the four bumps travel."""
    counts = simulation.binned(0.02).counts
    wave = np.exp(2j * np.pi * NETWORK.n_bumps * np.arange(100) / 100)
    phase = np.unwrap(np.angle(counts @ wave.conj()))
    return -(phase[-1] - phase[0]) / (2 * np.pi) * NETWORK.bump_spacing / simulation.duration


def held(neurons, seconds):
    """Angle that is held at so many neurons."""
    return Angle(np.full(10, neurons * NEURON), seconds / 10)


def test_an_angle_of_zero_changes_no_spike():
    plain = simulate(NETWORK, 5.0, seed=1)
    driven = simulate(NETWORK, 5.0, seed=1, angle=held(0, 5.0))
    np.testing.assert_array_equal(plain.times, driven.times)


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
def test_a_constant_shift_is_a_velocity(spiking):
    speed = {
        neurons: travel(simulate(NETWORK, 4.0, spiking, angle=held(neurons, 4.0)))
        for neurons in (-1, 0, 1, 2)
    }
    # One neuron in each time constant of 10 ms, whichever way.
    assert abs(speed[1]) == pytest.approx(100, rel=0.1)
    assert speed[-1] == pytest.approx(-speed[1], rel=0.1)
    assert speed[2] == pytest.approx(2 * speed[1], rel=0.15)
    assert abs(speed[0]) < 10


def test_floor_adds_the_velocity_of_half_a_neuron():
    angle = sinusoid(1.49 * NEURON, 1.0, 8.0)
    nearest, floor = (
        travel(simulate(NETWORK, 8.0, angle=angle, steering=Steering(rounding=rounding)))
        for rounding in ("nearest", "floor")
    )
    assert abs(nearest) < 10
    assert abs(floor) == pytest.approx(50, rel=0.25)


def test_the_shift_is_the_angle_times_gain_in_whole_neurons():
    angle = NEURON * np.array([0.0, 0.4, 0.6, -0.4, -0.6, 1.49])
    assert Steering().shifts(angle, 100).tolist() == [0, 0, 1, 0, -1, 1]
    assert Steering(rounding="floor").shifts(angle, 100).tolist() == [0, 0, 0, -1, -1, 1]
    assert Steering(gain=2.0).shifts(angle, 100).tolist() == [0, 1, 1, -1, -1, 3]


def test_counts_are_steered_like_spike_times():
    angle = sinusoid(1.49 * NEURON, 1.0, 3.0)
    driven = simulate(NETWORK, 3.0, angle=angle).binned(1e-3)
    counted = simulate_counts(NETWORK, 3.0, 1e-3, angle=angle)
    np.testing.assert_array_equal(counted.counts, driven.counts)
    np.testing.assert_array_equal(counted.angle, driven.angle)


@pytest.mark.parametrize("spiking", ["threshold", "lnp"])
def test_the_oracle_knows_the_input(spiking):
    angle = held(2, 10.0)
    driven = simulate(NETWORK, 10.0, spiking, angle=angle)
    expected = true_rates(driven, 1e-3, start=0.5).sum()
    n_spikes = (driven.times >= 0.5).sum()
    assert expected == pytest.approx(n_spikes, abs=5 * np.sqrt(n_spikes))
    blind = simulate(NETWORK, 1.0, spiking)
    blind = type(blind)(
        driven.times, driven.offsets, 10.0, NETWORK, driven.dynamics, driven.seed, 1.0
    )
    assert oracle_bits_per_spike(driven, 1e-3) > oracle_bits_per_spike(blind, 1e-3) + 0.05


def test_a_driven_simulation_comes_back_from_its_file(tmp_path):
    angle = sinusoid(1.49 * NEURON, 1.0, 2.0)
    driven = simulate(NETWORK, 2.0, angle=angle, steering=Steering(1.5, "floor"))
    driven.save(tmp_path / "driven.npz")
    back = load(tmp_path / "driven.npz")
    np.testing.assert_array_equal(back.angle.values, driven.angle.values)
    assert (back.angle.dt, back.steering) == (1e-3, Steering(1.5, "floor"))
    # A part of it knows the angle of its own time.
    part = back.between(0.5, 1.5)
    np.testing.assert_array_equal(part.angle.at(np.array([0.2])), angle.at(np.array([0.7])))


@pytest.mark.parametrize(
    ("network", "angle", "message"),
    [
        (RandomNetwork(), held(1, 2.0), "choose a ring network"),
        (NETWORK, held(1, 1.0), "`angle` lasts 1 s, but the simulation 2 s"),
    ],
)
def test_an_angle_that_does_not_fit_is_refused(network, angle, message):
    with pytest.raises(ValueError, match=message):
        simulate(network, 2.0, angle=angle)


def test_a_gain_is_finite():
    with pytest.raises(ValueError, match="`gain` must be finite"):
        Steering(gain=np.inf)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ([1.0, "floor"], "`steering` must be settings by name"),
        ({"gain": 1.0}, "`steering` lacks `rounding`"),
        ({"gain": 1.0, "rounding": "up"}, "`rounding` must be one of"),
    ],
)
def test_a_damaged_description_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        steering_from(settings)
