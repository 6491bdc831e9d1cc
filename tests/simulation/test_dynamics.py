"""Unknown dynamics are refused by name."""

import inspect

import pytest

from circuitlib.simulation.dynamics import Dynamics
from circuitlib.simulation.networks import RingNetwork

NETWORK = RingNetwork()


@pytest.mark.parametrize("settings", [{"spiking": "poisson"}, {"noise": "pink"}])
def test_an_unknown_model_is_named(settings):
    # Unwrapped, because the shape checks of the tests would refuse a wrong word first.
    make = inspect.unwrap(Dynamics.of.__func__)
    with pytest.raises(ValueError, match=f"`{next(iter(settings))}` must be one of"):
        make(Dynamics, NETWORK, **settings)
