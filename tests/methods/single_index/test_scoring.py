"""A step of the fit lowers the loss of all, and leads no neuron astray."""

import numpy as np
import pytest

from circuitlib.methods.single_index.likelihood import EventLikelihood
from circuitlib.methods.single_index.link import straight
from circuitlib.methods.single_index.model import Model, Step
from circuitlib.methods.single_index.scoring import _moved, penalized_losses
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes

RATES = (0.2, 0.01)


@pytest.fixture(scope="module")
def likelihood():
    counts = np.random.default_rng(0).poisson(RATES, size=(5000, 2))
    return EventLikelihood(Events.of(Spikes(counts, 1e-3), 1e-3), float(np.exp(-0.1)))


def step_of(first, second):
    own = np.zeros((2, 3))
    own[:, -1] = first, second
    return Step(own, np.zeros(4))


@pytest.mark.parametrize("kind", ["free", "given", "symmetric"])
def test_a_step_that_helps_another_leads_no_neuron_astray_if_it_can_be_shorter(likelihood, kind):
    # The first is far off and comes right; the second, which fires rarely, would fire too often.
    offsets = np.log(RATES) - [10.0, 0.0]
    model = Model(np.zeros((2, 2)), offsets, straight(0.0))
    losses = penalized_losses(likelihood, model)
    after, found = _moved(likelihood, model, losses, step_of(10.0, 2.0), kind)
    assert found.sum() < losses.sum()
    np.testing.assert_array_equal(found, penalized_losses(likelihood, after))
    assert likelihood.far_off(found).tolist() == [False, kind == "symmetric"]
    assert after.offsets[0] == pytest.approx(np.log(RATES[0]))
    assert (after.offsets[1] < offsets[1] + 2.0) == (kind != "symmetric")


def test_a_step_that_leads_too_far_is_halved_and_one_that_never_helps_is_not_taken(likelihood):
    model = Model(np.zeros((2, 2)), np.log(RATES) - 1.0, straight(0.0))
    losses = penalized_losses(likelihood, model)
    after, found = _moved(likelihood, model, losses, step_of(8.0, 8.0), "free")
    assert found.sum() < losses.sum()
    np.testing.assert_allclose(after.offsets - model.offsets, 1.0)  # twice as far is worse
    stayed, same = _moved(likelihood, model, losses, step_of(-8.0, -8.0), "free")
    assert stayed is model
    assert same is losses
