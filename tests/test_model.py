"""Message passing, the structure module and the spike module keep their properties."""

import numpy as np
import pytest
import torch

from circuitlib._seeding import seeded
from circuitlib.methods.gnn.batches import Batches, event_loss
from circuitlib.methods.gnn.events import Events, history_basis, recent_history
from circuitlib.methods.gnn.messages import SynapticConv
from circuitlib.methods.gnn.prediction import predict
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.stage import Stage
from circuitlib.methods.gnn.structure_module import PairwiseWeights, quiet_modes
from circuitlib.recordings.spikes import Spikes

N = 6
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.2, size=(2000, N)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3)
EVENTS = Events.of(SPIKES, 1e-3)
BASIS = history_basis(1e-3, 5e-3)


def make_model(features=None, messages="sender"):
    features = RNG.standard_normal((N, 4)) if features is None else features
    with seeded(0):
        structure = PairwiseWeights(features, embedding=5, hidden=8)
        return SpikeModel(
            structure, torch.full((N,), 0.2), torch.nn.Linear(BASIS.shape[1], 8), messages
        )


@pytest.mark.parametrize("messages", ["sender", "pair"])
def test_dense_equals_sparse_and_commutes_with_relabelling(messages):
    with seeded(0):
        conv = SynapticConv(8, messages)
        h, weights = torch.randn(2, N, 8), torch.randn(N, N).fill_diagonal_(0)
        order = torch.randperm(N)
    edges = (~torch.eye(N, dtype=torch.bool)).nonzero().T.flip(0)  # (pre, post)
    torch.testing.assert_close(conv(h, weights), conv(h, weights, edges))
    relabelled = conv(h[:, order], weights[order][:, order])
    torch.testing.assert_close(relabelled, conv(h, weights)[:, order])


@pytest.mark.parametrize("messages", ["sender", "pair"])
def test_messages_have_the_right_gradient(messages):
    with seeded(1):
        conv = SynapticConv(3, messages).double()
        h = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
        weights = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(conv, (h, weights))


def test_messages_travel_from_pre_to_post():
    conv = SynapticConv(3)
    weights = torch.zeros(4, 4)
    weights[2, 1] = 1.0  # from neuron 1 to neuron 2
    h = torch.ones(4, 3)
    received = conv(h, weights)
    expected = torch.zeros(4, 3)
    expected[2] = torch.relu(conv.send(h))[1]
    torch.testing.assert_close(received, expected)


def test_weights_are_symmetric_without_autapses_and_follow_the_labels():
    features = RNG.standard_normal((N, 4))
    order = RNG.permutation(N)
    with seeded(0):
        weights = PairwiseWeights(features, 5, 8)()
    with seeded(0):
        relabelled = PairwiseWeights(features[order], 5, 8)()
    torch.testing.assert_close(weights, weights.T)
    assert (weights.diagonal() == 0).all()
    torch.testing.assert_close(relabelled, weights[order][:, order])


def test_the_pair_network_is_that_of_the_paper():
    with seeded(0):
        module = PairwiseWeights(RNG.standard_normal((N, 4)), 5, 8)
    z = module.embedding()

    def mlp(a, b):
        hidden = torch.relu(module.pairs.first(torch.cat([z[a], z[b]])))
        return module.pairs.last(torch.relu(module.pairs.second(hidden)))[0]

    torch.testing.assert_close(module()[1, 4], (mlp(1, 4) + mlp(4, 1)) / 2)


def test_corrections_start_at_zero_and_move_one_neuron():
    features = RNG.standard_normal((N, 4))
    with seeded(0):
        module = PairwiseWeights(features, 5, 8)
    before = module()
    with torch.no_grad():
        module.correction[2] += 1
    changed = (module() != before).detach().numpy()
    expected = np.zeros((N, N), dtype=bool)
    expected[2], expected[:, 2] = True, True
    np.fill_diagonal(expected, False)
    assert (changed <= expected).all()
    assert changed.any()


def test_the_quietest_mode_is_a_conserved_sum():
    # Two neurons that take turns: their sum does not vary.
    turn = RNG.integers(0, 2, size=500)
    counts = np.column_stack([turn, 1 - turn, RNG.poisson(3.0, 500)]).astype(np.uint8)
    modes, eigenvalues = quiet_modes(Spikes(counts, 0.02), 1, 1)
    np.testing.assert_allclose(
        np.abs(modes[:, 0]), np.sqrt(3) * np.array([1, 1, 0]) / np.sqrt(2), atol=0.02
    )
    assert eigenvalues[0] == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose((modes**2).mean(axis=0), 1)


def test_modes_that_cannot_be_had_are_refused():
    with pytest.raises(ValueError, match="choose fewer"):
        quiet_modes(SPIKES, 5, 2)
    with pytest.raises(ValueError, match="too short"):
        quiet_modes(SPIKES.window(0, 5), 1, 1)


@pytest.mark.parametrize("messages", ["sender", "pair"])
def test_what_one_neuron_receives_is_its_row_of_what_all_receive(messages):
    model = make_model(messages=messages)
    recent = torch.from_numpy(recent_history(EVENTS, np.array([500, 900, 901]), BASIS))
    post = torch.tensor([4, 0, 4])
    weights = model.structure()
    torch.testing.assert_close(
        model.at_spikes(recent, post, weights), model(recent)[torch.arange(3), post]
    )


def test_predictions_follow_the_labels():
    features = RNG.standard_normal((N, 4))
    order = RNG.permutation(N)
    recent = torch.from_numpy(recent_history(EVENTS, np.array([500]), BASIS))
    log_rates = make_model(features)(recent)
    relabelled = make_model(features[order])(recent[:, order])
    torch.testing.assert_close(relabelled, log_rates[:, order])


def test_later_spikes_leave_earlier_predictions_alone():
    model = make_model()
    changed = COUNTS.copy()
    changed[1000:] = 1
    bins = np.arange(1001)
    before, after = (
        predict(model, Events.of(Spikes(c, 1e-3), 1e-3), BASIS, bins) for c in (COUNTS, changed)
    )
    np.testing.assert_array_equal(before, after)


def test_the_loss_is_the_poisson_likelihood_up_to_a_constant_factor():
    log_rates = torch.tensor(RNG.standard_normal((7, 3)), dtype=torch.float32)
    counts = torch.tensor(RNG.poisson(1.0, (7, 3)), dtype=torch.float32)
    at_spikes = log_rates.flatten().repeat_interleave(counts.flatten().long())
    mean = counts.mean().item()
    expected = torch.nn.PoissonNLLLoss(log_input=True, full=False)(log_rates, counts) / mean
    torch.testing.assert_close(event_loss(at_spikes, log_rates, mean), expected)


def test_effect_is_the_change_by_one_spike():
    model = make_model()
    recent = torch.from_numpy(recent_history(EVENTS, np.array([500, 900]), BASIS))
    spike = torch.from_numpy(BASIS[1])
    more = recent.clone()
    more[:, 2] += spike
    with torch.no_grad():
        expected = (model(more) - model(recent)).mean(dim=0)
        torch.testing.assert_close(model.effect(recent, spike)[:, 2], expected)


def test_training_learns_one_window_by_heart():
    window = len(BASIS) - 1
    at = int(np.flatnonzero(COUNTS[window:, :3].any(axis=1))[0]) + window
    few = Events.of(SPIKES.window(at - window, window + 1), 1e-3)  # one bin has a whole window
    batches = Batches(few, BASIS)
    descent = Stage(make_model(), (0,), 8, 8, 3e-2, 3e-3, 300)
    descent.advance(batches, batches, 300)
    predicted = np.exp(predict(descent.model, few, BASIS, np.array([window])))
    np.testing.assert_allclose(predicted[0], COUNTS[at], atol=0.1)


def test_a_restored_descent_goes_on_as_if_nothing_had_happened():
    batches = Batches(EVENTS, BASIS)

    def descent():
        return Stage(make_model(np.eye(N)), (0, 0), 16, 4, 1e-2, 1e-3, 40)

    straight, first, second = descent(), descent(), descent()
    for _ in range(2):
        straight.advance(batches, batches, 20)
    first.advance(batches, batches, 20)
    second.restore(first.arrays())
    second.advance(batches, batches, 20)
    for name, value in straight.arrays().items():
        np.testing.assert_array_equal(second.arrays()[name], value, err_msg=name)
