"""The expanded likelihood has the slopes of the exact one, and structures are fitted to it."""

import numpy as np
import torch

from circuitlib._seeding import seeded
from circuitlib.methods.gnn.expansion import Expansion, expand, fit_structure
from circuitlib.methods.gnn.paper_structure_module import window_basis
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.structure_module import GivenWeights
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes

N = 5
RNG = np.random.default_rng(1)
COUNTS = RNG.poisson(0.15, size=(1500, N)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3, np.array([0, 400, 1000]))
EVENTS = Events.of(SPIKES, 1e-3)
BASIS = window_basis(24)
WINDOW = len(BASIS) - 1
START_OF_RUN = np.repeat([0, 400, 1000], [400, 600, 500])


def make_model(scale=0.3):
    with seeded(3):
        structure = GivenWeights(scale * torch.randn(N, N))
        return SpikeModel(
            structure, torch.full((N,), 0.15), torch.nn.Linear(BASIS.shape[1], 6), "sender"
        )


def exact_loss(model, weights, filtered):
    """Compute the loss per spike over all bins with a whole window, in double precision."""
    model = model.double()
    bins = np.flatnonzero(np.arange(len(COUNTS)) - START_OF_RUN >= WINDOW)
    counts = torch.from_numpy(COUNTS[bins].astype(np.float64))
    log_rates = model(torch.from_numpy(filtered(SPIKES, BASIS, bins)), weights)
    return (torch.exp(log_rates) - counts * log_rates).sum() / counts.sum()


def test_the_expansion_has_the_gradient_of_the_likelihood(filtered_by_loop):
    expansion = expand(make_model(), EVENTS, BASIS, every=1)
    weights = expansion.origin.double().requires_grad_()
    exact = torch.autograd.grad(exact_loss(make_model(), weights, filtered_by_loop), weights)[0]
    off = ~np.eye(N, dtype=bool)
    np.testing.assert_allclose(-expansion.gradient.numpy()[off], exact.numpy()[off], atol=2e-6)


def test_the_curvature_is_the_sum_of_squared_slopes_at_the_spikes(filtered_by_loop):
    model = make_model()
    expansion = expand(model, EVENTS, BASIS, every=1)
    weights = expansion.origin.clone().requires_grad_()
    total, n_spikes = torch.zeros(N, N), 0
    for neuron in range(N):
        for at in np.repeat(np.arange(len(COUNTS)), COUNTS[:, neuron]):
            if at - START_OF_RUN[at] < WINDOW:
                continue
            recent = torch.from_numpy(filtered_by_loop(SPIKES, BASIS, [at]).astype(np.float32))
            (slope,) = torch.autograd.grad(model(recent, weights)[0, neuron], weights)
            n_spikes += 1
            if neuron == 2:
                total += torch.outer(slope[2], slope[2])
    np.testing.assert_allclose(expansion.curvature[2].numpy(), total / n_spikes, atol=1e-6)


def bowl(optimum, bend=1.0):
    """Make an expansion about zero whose loss is least at `optimum`."""
    eye = bend * torch.eye(N).expand(N, N, N)
    return Expansion(torch.zeros(N, N), bend * optimum, eye)


def test_fitting_finds_the_least_loss_and_keeps_the_best_validation():
    with seeded(4):
        optimum, start = (GivenWeights(torch.randn(N, N)) for _ in range(2))
    train = bowl(optimum().detach())
    fit = fit_structure(start, train, train, 2000, 5e-2, 1e-3)
    torch.testing.assert_close(fit.structure(), optimum(), atol=1e-2, rtol=0)
    halfway = bowl(0 * optimum().detach())
    other = fit_structure(GivenWeights(-optimum().detach()), train, halfway, 2000)
    assert other.history[-1, 2] > other.loss
    assert other.loss == other.history[:, 2].min()
    first = fit_structure(GivenWeights(torch.zeros(N, N)), train, halfway, 500)
    assert first.loss == 0.0 < first.history[:, 2].min()
    assert not first.structure().any()
