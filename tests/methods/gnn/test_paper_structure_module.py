"""The paper's structure module is the convolution that it says."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import batch_norm, conv1d

from circuitlib._seeding import seeded
from circuitlib.methods.gnn.paper_structure_module import ConvolutionalWeights, window_basis
from circuitlib.methods.gnn.recent_history import recent_history
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes

N, WINDOW, STRIDE, PIECE, N_PIECES = 6, 8, 3, 60, 3
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.2, size=(500, N)).astype(np.uint8)
STARTS = 0, 220, 440  # of the pieces, evenly


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
