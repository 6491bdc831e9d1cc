"""The compiled loop equals the plain one."""

import numpy as np
import pytest

from circuitlib.simulation.dynamics import Dynamics
from circuitlib.simulation.loops import columns_of, simulate_compiled, simulate_numpy
from circuitlib.simulation.networks import RingNetwork

NETWORK = RingNetwork()


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
