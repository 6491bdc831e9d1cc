"""Pairwise weights are symmetric and follow the labels, and quiet modes are conserved sums."""

import numpy as np
import pytest
import torch

from circuitlib._seeding import seeded
from circuitlib.methods.gnn.structure_module import PairwiseWeights, quiet_modes
from circuitlib.recordings.spikes import Spikes

N = 6
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.2, size=(2000, N)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3)


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


def test_directed_weights_are_not_symmetrised():
    features = RNG.standard_normal((N, 4))
    with seeded(0):
        directed = PairwiseWeights(features, 5, 8, directed=True)()
    with seeded(0):
        weights = PairwiseWeights(features, 5, 8)()
    torch.testing.assert_close((directed + directed.T) / 2, weights)
    assert (directed.diagonal() == 0).all()
    assert not torch.allclose(directed, directed.T)


def test_noise_blurs_features_in_training_only():
    with seeded(0):
        module = PairwiseWeights(RNG.standard_normal((N, 4)), 5, 8, noise=0.3)
    assert not torch.equal(module.embedding(), module.embedding())
    module.eval()
    torch.testing.assert_close(module.embedding(), module.embed(module.features))


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
