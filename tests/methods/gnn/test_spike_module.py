"""Predictions of the spike module follow the labels, neuron by neuron and spike by spike."""

import numpy as np
import pytest
import torch

from circuitlib.methods.gnn.paper_structure_module import window_basis
from circuitlib.methods.gnn.recent_history import recent_history
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes

N = 6
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.2, size=(2000, N)).astype(np.uint8)
EVENTS = Events.of(Spikes(COUNTS, 1e-3), 1e-3)
BASIS = window_basis(30)


@pytest.mark.parametrize("messages", ["sender", "pair"])
def test_what_one_neuron_receives_is_its_row_of_what_all_receive(messages, make_model):
    model = make_model(messages=messages)
    recent = torch.from_numpy(recent_history(EVENTS, np.array([500, 900, 901]), BASIS))
    post = torch.tensor([4, 0, 4])
    weights = model.structure()
    torch.testing.assert_close(
        model.at_spikes(recent, post, weights), model(recent)[torch.arange(3), post]
    )


def test_predictions_follow_the_labels(make_model):
    features = RNG.standard_normal((N, 4))
    order = RNG.permutation(N)
    recent = torch.from_numpy(recent_history(EVENTS, np.array([500]), BASIS))
    log_rates = make_model(features)(recent)
    relabelled = make_model(features[order])(recent[:, order])
    torch.testing.assert_close(relabelled, log_rates[:, order])


def test_effect_is_the_change_by_one_spike(make_model):
    model = make_model()
    recent = torch.from_numpy(recent_history(EVENTS, np.array([500, 900]), BASIS))
    spike = torch.from_numpy(BASIS[1])
    more = recent.clone()
    more[:, 2] += spike
    with torch.no_grad():
        expected = (model(more) - model(recent)).mean(dim=0)
        torch.testing.assert_close(model.effect(recent, spike)[:, 2], expected)
