"""A small spike module, and the history of spikes by a plain loop."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def make_model():
    """Make a spike module of six neurons for histories of 30 ms in bins of 1 ms."""
    # Imported late, because the shape checks are set up after this file is read.
    import torch

    from circuitlib._seeding import seeded
    from circuitlib.methods.gnn.paper_structure_module import window_basis
    from circuitlib.methods.gnn.spike_module import SpikeModel
    from circuitlib.methods.gnn.structure_module import PairwiseWeights

    def make(features=None, messages="sender"):
        if features is None:
            features = np.random.default_rng(0).standard_normal((6, 4))
        with seeded(0):
            structure = PairwiseWeights(features, embedding=5, hidden=8)
            encode = torch.nn.Linear(window_basis(30).shape[1], 8)
            return SpikeModel(structure, torch.full((6,), 0.2), encode, messages)

    return make


@pytest.fixture(scope="session")
def filtered_by_loop():
    """Sum a basis over the earlier spikes of the same run, one lag after the other."""

    def sums(spikes, basis, bins):
        start_of_run = np.repeat(spikes.starts, np.diff([*spikes.starts, spikes.n_bins]))
        recent = np.zeros((len(bins), spikes.n_neurons, basis.shape[1]))
        for row, at in enumerate(bins):
            for lag in range(1, len(basis)):
                if at - lag >= start_of_run[at]:
                    recent[row] += spikes.counts[at - lag][:, None] * basis[lag]
        return recent

    return sums
