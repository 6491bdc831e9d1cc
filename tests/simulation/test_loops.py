"""The compiled loop equals the plain one."""

import numpy as np
import pytest

from circuitlib.simulation.dynamics import Dynamics
from circuitlib.simulation.loops import columns_of, poisson_rate, simulate_compiled, simulate_numpy
from circuitlib.simulation.networks import RingNetwork

NETWORK = RingNetwork()
NO_INPUT = np.zeros(0, dtype=np.int64)


@pytest.mark.parametrize("spiking", ["threshold", "lnp", "exponential"])
@pytest.mark.parametrize("noise", ["sparse", "dense"])
@pytest.mark.parametrize("shifts", [NO_INPUT, np.arange(1000) % 7 - 3], ids=["alone", "driven"])
def test_compiled_loop_equals_numpy(spiking, noise, shifts):
    columns, dynamics = columns_of(NETWORK), Dynamics.of(NETWORK, spiking, noise)
    fast, plain = np.zeros(100), np.zeros(100)
    compiled = simulate_compiled(np.random.default_rng(0), fast, columns, 1000, dynamics, shifts)
    reference = simulate_numpy(np.random.default_rng(0), plain, columns, 1000, dynamics, shifts)
    assert len(compiled[0]) > 100
    np.testing.assert_array_equal(compiled, reference)
    np.testing.assert_array_equal(fast, plain)


def test_a_step_of_the_exponential_model_has_its_expected_spikes():
    dynamics = Dynamics.of(NETWORK, "exponential")
    above = np.array([-5e-4, 0.0, 2.5e-4])
    expected = 32 * 2.5e-4 * np.exp(above / 2.5e-4)
    np.testing.assert_allclose([poisson_rate(each, dynamics) for each in above], expected)
    # At threshold, one more unit of input brings `gain` more spikes, as in the linear model.
    slope = (poisson_rate(1e-9, dynamics) - poisson_rate(-1e-9, dynamics)) / 2e-9
    assert slope == pytest.approx(dynamics.gain, rel=1e-4)


def test_activity_that_runs_away_is_stopped():
    excited = np.full((3, 3), 1.0)
    dynamics = Dynamics.of(NETWORK, "lnp")
    rng = np.random.default_rng(0)
    steps, _ = simulate_compiled(rng, np.ones(3), excited, 1000, dynamics, NO_INPUT)
    assert len(steps) == 3000
