"""Unknown dynamics are refused by name."""

import pytest

from circuitlib.simulation.dynamics import Dynamics
from circuitlib.simulation.networks import RingNetwork

NETWORK = RingNetwork()


@pytest.mark.parametrize("settings", [{"spiking": "poisson"}, {"noise": "pink"}])
def test_an_unknown_model_is_named(settings):
    with pytest.raises(ValueError, match=f"`{next(iter(settings))}` must be one of"):
        Dynamics.of(NETWORK, **settings)
