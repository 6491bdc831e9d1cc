"""The paper's structure module is the convolution that it says, and its model trains."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import batch_norm, conv1d

from circuitlib._npz import ArchiveError
from circuitlib._seeding import seeded
from circuitlib.methods.estimator import held_out_bits
from circuitlib.methods.gnn.batches import Batches, PairBatches
from circuitlib.methods.gnn.events import Events, recent_history
from circuitlib.methods.gnn.paper_gnn import ConvolutionalGNN
from circuitlib.methods.gnn.paper_structure_module import ConvolutionalWeights, window_basis
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.stage import Stage
from circuitlib.methods.gnn.structure_module import GivenWeights
from circuitlib.methods.gnn.training import Training
from circuitlib.recordings.spikes import Spikes
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate

N, WINDOW, STRIDE, PIECE, N_PIECES = 6, 8, 3, 60, 3
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.2, size=(500, N)).astype(np.uint8)
STARTS = 0, 220, 440  # of the pieces, evenly
RECORDING = simulate(RingNetwork(), duration=20.0, seed=0).select(np.arange(0, 100, 5))
TINY = {
    "bin_width": 1e-3,
    "kernels": 4,
    "n_free": 20,
    "n_fit": 20,
    "n_steps": 20,
    "batch": 16,
    "validate_every": 10,
}
FEW_STEPS = pytest.mark.filterwarnings("ignore:.*worse than the mean rates")


def make(counts, starts=None, mean=False):
    spikes = Spikes(counts, 1e-3) if starts is None else Spikes(counts, 1e-3, starts)
    with seeded(0):
        encoder = nn.Linear(WINDOW, 4)
        events = Events.of(spikes, 1e-3)
        return ConvolutionalWeights(encoder, events, PIECE, N_PIECES, STRIDE, 5, 8, mean)


def convolved(module, counts):
    """Apply torch's own convolution to each piece; return maps (neurons, windows, channels)."""
    # The spike module numbers lags from the latest bin, a convolution from the first.
    kernels = module.encoder.weight.flip(1)[:, None]
    trains = torch.from_numpy(counts.T.astype(np.float32))[:, None]
    maps = [
        conv1d(trains[..., start : start + PIECE], kernels, module.encoder.bias, stride=STRIDE)
        for start in STARTS
    ]
    return torch.relu(torch.cat(maps, dim=2)).transpose(1, 2)


def embedded(module, maps):
    flat = maps.reshape(-1, maps.shape[2])
    norm = module.norm
    flat = batch_norm(flat, None, None, norm.weight, norm.bias, training=True)
    return module.embed(flat.view(len(maps), -1))


def test_the_embedding_is_that_of_a_convolution():
    module = make(COUNTS)
    expected = embedded(module, convolved(module, COUNTS))
    torch.testing.assert_close(module.embedding(), expected, rtol=1e-4, atol=1e-5)


def test_the_mean_over_windows_begins_with_the_same_embedding():
    total, mean = make(COUNTS), make(COUNTS, mean=True)
    torch.testing.assert_close(mean.embedding(), total.embedding(), rtol=1e-4, atol=1e-5)
    n_windows = len(mean.offsets) // N
    torch.testing.assert_close(mean.embed.weight, n_windows * total.embed.weight)


def test_windows_across_a_gap_are_left_out():
    module = make(COUNTS, np.array([0, 250]))
    first = np.add.outer(STARTS, np.arange(0, PIECE - WINDOW + 1, STRIDE)).ravel()
    whole = ~((first < 250) & (first + WINDOW > 250))
    expected = embedded(module, convolved(module, COUNTS)[:, whole])
    torch.testing.assert_close(module.embedding(), expected, rtol=1e-4, atol=1e-5)
    with pytest.raises(ValueError, match="no 8 uninterrupted bins"):
        make(COUNTS, np.arange(0, 500, 5))


def test_weights_are_symmetric_and_commute_with_relabelling():
    order = RNG.permutation(N)
    weights, relabelled = make(COUNTS)(), make(COUNTS[:, order])()
    torch.testing.assert_close(weights, weights.T)
    assert (weights.diagonal() == 0).all()
    torch.testing.assert_close(relabelled, weights[order][:, order], rtol=1e-4, atol=1e-6)


def test_the_history_of_the_window_basis_is_the_spikes():
    events, bins = Events.of(Spikes(COUNTS, 1e-3), 1e-3), np.array([40, 9, 300])
    recent = recent_history(events, bins, window_basis(WINDOW))
    for row, at in zip(recent, bins, strict=True):
        np.testing.assert_array_equal(row, COUNTS[at - WINDOW : at][::-1].T)


def test_both_modules_share_the_kernels():
    model = ConvolutionalGNN(**TINY).fit(RECORDING).model_
    assert model.encode is model.structure.encoder
    model.zero_grad()
    model.structure().sum().backward()
    assert model.encode.weight.grad.abs().sum() > 0


@FEW_STEPS
def test_same_seed_same_weights_and_another_seed_others():
    first, again, other = (ConvolutionalGNN(seed=s, **TINY).fit(RECORDING) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.weights_, again.weights_)
    assert not np.array_equal(first.weights_, other.weights_)


def test_a_model_that_learned_nothing_says_so():
    wild = ConvolutionalGNN(**TINY | {"n_fit": 0, "learning_rate": 1.0, "final_learning_rate": 1.0})
    with pytest.warns(UserWarning, match="worse than the mean rates"):
        wild.fit(RECORDING)


@FEW_STEPS
def test_without_free_weights_there_is_one_stage():
    model = ConvolutionalGNN(**TINY | {"n_free": 0, "n_fit": 0}).fit(RECORDING)
    assert model.history_["step"].tolist() == [10, 20]
    assert ConvolutionalGNN(**TINY).fit(RECORDING).history_["step"].tolist() == [10, 20, 30, 40]


def test_the_linear_map_can_put_neurons_anywhere_unless_they_look_alike():
    module, z = make(COUNTS, mean=True), torch.from_numpy(RNG.normal(size=(N, 5))).float()
    module.become(z)
    torch.testing.assert_close(module.embedding(), z, rtol=1e-4, atol=1e-4)
    silent = COUNTS.copy()
    silent[:, :2] = 0
    module = make(silent)
    module.become(z)
    expected = torch.cat((z[:2].mean(dim=0).expand(2, -1), z[2:]))
    torch.testing.assert_close(module.embedding(), expected, rtol=1e-4, atol=1e-4)


def test_training_begins_and_ends_with_weights_that_were_fitted(monkeypatch):
    fitted, begun = [], []
    fit, descend = Training.fit, Training.descend

    def noted(self, *arguments):
        found = fit(self, *arguments)
        fitted.append(found.structure().detach())
        return found

    def begin(self, model, *arguments):
        begun.append(model.structure().detach())
        return descend(self, model, *arguments)

    monkeypatch.setattr(Training, "fit", noted)
    monkeypatch.setattr(Training, "descend", begin)
    model = ConvolutionalGNN(**TINY).fit(RECORDING).model_
    first, last = fitted
    torch.testing.assert_close(begun[1], first, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(model.structure().detach(), last, rtol=1e-3, atol=1e-5)


def test_one_neuron_a_bin_gives_the_same_loss_on_average():
    events = Events.of(Spikes(COUNTS, 1e-3), 1e-3)
    one, all_of_them = (kind(events, window_basis(WINDOW)) for kind in (PairBatches, Batches))
    with seeded(3):
        mean_counts = torch.tensor(events.mean_counts, dtype=torch.float32)
        model = SpikeModel(
            GivenWeights(torch.randn(N, N)), mean_counts, nn.Linear(WINDOW, 4), "pair"
        )
    with torch.no_grad():
        sample = one.draw(np.random.default_rng(0), 2000, 20_000)
        estimate = one.loss(model, sample)
        exact = all_of_them.loss(model, sample._replace(post=sample.post[:2000]))
    torch.testing.assert_close(estimate, exact, atol=0.01, rtol=0)


def test_training_finds_what_predicts_the_spikes():
    model = ConvolutionalGNN(**TINY | {"n_steps": 300, "learning_rate": 3e-3}).fit(RECORDING)
    assert model.history_["validation"][-1] < model.history_["validation"][0] - 0.2
    assert held_out_bits(model, RECORDING) > 0.1  # zero for the mean rates


@pytest.mark.parametrize("n_before", [1, 2, 3])  # within the stages, and between them
def test_an_interrupted_fit_goes_on_to_the_same_result(tmp_path, monkeypatch, n_before):
    path = tmp_path / "state.npz"
    advance, calls = Stage.advance, []

    def interrupted(self, *arguments):
        if len(calls) == n_before:
            raise KeyboardInterrupt
        calls.append(1)
        advance(self, *arguments)

    monkeypatch.setattr(Stage, "advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ConvolutionalGNN(**TINY).fit(RECORDING, checkpoint=path)
    monkeypatch.setattr(Stage, "advance", advance)
    with pytest.raises(ArchiveError, match="belongs to other settings"):
        ConvolutionalGNN(**TINY | {"batch": 17}).fit(RECORDING, checkpoint=path)
    resumed = ConvolutionalGNN(**TINY).fit(RECORDING, checkpoint=path)
    assert not path.exists()
    np.testing.assert_array_equal(
        resumed.weights_, ConvolutionalGNN(**TINY).fit(RECORDING).weights_
    )


@pytest.mark.parametrize(
    ("recording", "message"),
    [
        (Spikes(COUNTS, 20e-3), "too wide"),
        (Spikes(COUNTS, 1e-3, np.arange(0, 500, 10)), "uninterrupted"),
    ],
)
def test_an_unsuitable_recording_is_refused(recording, message):
    with pytest.raises(ValueError, match=message):
        ConvolutionalGNN(**TINY).fit(recording)


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="quick"):
        ConvolutionalGNN.preset("fast")
