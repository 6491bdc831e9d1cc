"""The loss of a batch is the Poisson likelihood, exactly or on average."""

import numpy as np
import torch
from torch import nn

from circuitlib._seeding import seeded
from circuitlib.methods.gnn.batches import Batches, PairBatches, event_loss
from circuitlib.methods.gnn.paper_structure_module import window_basis
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.structure_module import GivenWeights
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes

N, WINDOW = 6, 8
RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.2, size=(500, N)).astype(np.uint8)


def test_the_loss_is_the_poisson_likelihood_up_to_a_constant_factor():
    log_rates = torch.tensor(RNG.standard_normal((7, 3)), dtype=torch.float32)
    counts = torch.tensor(RNG.poisson(1.0, (7, 3)), dtype=torch.float32)
    at_spikes = log_rates.flatten().repeat_interleave(counts.flatten().long())
    mean = counts.mean().item()
    expected = torch.nn.PoissonNLLLoss(log_input=True, full=False)(log_rates, counts) / mean
    torch.testing.assert_close(event_loss(at_spikes, log_rates, mean), expected)


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
