r"""The likelihood of a whole recording as a quadratic function of the weights.

The weights enter the log likelihood only through their own :math:`N^2` values. One pass over the
spikes gives its gradient and curvature there, and the structure module can then be trained for
thousands of steps without another look at the spikes. A second pass, with the better weights and a
better spike module, removes what the expansion left out.
"""

import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from circuitlib.methods.gnn.optimizer import DecayingAdam
from circuitlib.methods.gnn.recent_history import recent_history
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.recordings.events import Events

#: Bins that are predicted at once, to bound the memory.
_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class Expansion:
    r"""Loss per spike near some weights, in nats, up to a constant.

    .. math::

        L(w) = -\sum_{ij} G_{ij} \Delta_{ij}
            + \tfrac12 \sum_{ijk} \Delta_{ij} H_{ijk} \Delta_{ik},
        \qquad \Delta = w - w_0

    Parameters
    ----------
    origin
        The weights :math:`w_0`, shape ``(post, pre)``.
    gradient
        G, of the log likelihood, same shape.
    curvature
        H, the Fisher information of the weights of each postsynaptic neuron, shape
        ``(post, pre, pre)``.
    """

    origin: Float[Tensor, "post pre"]
    gradient: Float[Tensor, "post pre"]
    curvature: Float[Tensor, "post pre pre"]

    def loss(self, weights: Float[Tensor, "post pre"]) -> Float[Tensor, ""]:
        """Return the loss of other weights; that of the origin is zero."""
        step = weights - self.origin
        bent = torch.bmm(self.curvature, step[..., None])[..., 0]
        return ((bent / 2 - self.gradient) * step).sum()


def expand(
    model: SpikeModel,
    events: Events,
    basis: np.ndarray,
    part: int = 1,
    every: int = 20,
) -> Expansion:
    """Expand the likelihood of a recording about the weights of a model.

    Parameters
    ----------
    model
        The spike module, and the weights about which to expand.
    events
        The recording.
    basis
        From :func:`circuitlib.methods.gnn.paper_structure_module.window_basis`.
    part
        Use only one in `part` spikes (and the bins between them as thinly).
    every
        Bins from one to the next at which the expected spikes are evaluated.

    Returns
    -------
    Expansion
        Gradient and Fisher information, from the spikes and the bins that have whole windows.
    """
    n, device = events.n_neurons, model.log_mean.device
    window = len(basis) - 1
    weights = model.structure().detach()
    gradient = torch.zeros(n, n, dtype=torch.float64)
    curvature = torch.zeros(n, n, n, dtype=torch.float64)
    n_used = 0
    for neuron in range(n):
        bins = events.bins[events.offsets[neuron] : events.offsets[neuron + 1]]
        bins = bins[bins - events.runs.start_of(bins) >= window][::part]
        n_used += len(bins)
        for first in range(0, len(bins), _CHUNK):
            chunk = bins[first : first + _CHUNK]
            recent = torch.from_numpy(recent_history(events, chunk, basis)).to(device)
            post = torch.full((len(chunk),), neuron, device=device)
            slope = _slope_at_spikes(model, recent, post, weights)
            gradient[neuron] += slope.sum(dim=0).cpu()
            curvature[neuron] += (slope.T @ slope).cpu()
    whole = events.runs.after(window)
    bins = whole[np.arange(every // 2, whole.n_bins, every * part)]
    expected = torch.zeros(n, n, dtype=torch.float64)
    for first in range(0, len(bins), _CHUNK // 2):
        chunk = bins[first : first + _CHUNK // 2]
        recent = torch.from_numpy(recent_history(events, chunk, basis)).to(device)
        expected += _expected_slope(model, recent, weights).cpu()
    if n_used == 0 or len(bins) == 0:
        raise ValueError("the recording is too short: no spike has a whole window before it")
    gradient -= expected * (whole.n_bins / part / len(bins))
    parts = (weights, gradient / n_used, curvature / n_used)
    return Expansion(*(each.to(device, torch.float32) for each in parts))


def _slope_at_spikes(model: SpikeModel, recent: Tensor, post: Tensor, weights: Tensor) -> Tensor:
    """Differentiate the log rate of the neuron that fired by each of its weights."""
    with torch.enable_grad():
        rows = weights[post].requires_grad_()  # (batch, pre)
        h = model.hidden(recent).detach()
        received = model.conv.received_by(h, rows, post)
        log_rates = model.respond(received, h[torch.arange(len(h)), post])
        (slope,) = torch.autograd.grad(log_rates.sum(), rows)
    return slope.double()


def _expected_slope(model: SpikeModel, recent: Tensor, weights: Tensor) -> Tensor:
    """Differentiate the expected spikes of all neurons, summed over the bins, by the weights."""
    with torch.enable_grad():
        weights = weights.clone().requires_grad_()
        expected = torch.exp(model(recent, weights)).sum()
        (slope,) = torch.autograd.grad(expected, weights)
    return slope.double()


class Expansions(NamedTuple):
    """Expansions of both parts of a recording."""

    train: Expansion
    validation: Expansion


@dataclass(frozen=True, eq=False)
class StructureFit:
    """A structure module that was fitted to an expansion, and how well it did.

    Parameters
    ----------
    structure
        The module, with the parameters of least validation loss.
    loss
        That loss in nats per spike.
    history
        Step, training loss and validation loss, shape ``(validations, 3)``.
    """

    structure: nn.Module
    loss: float
    history: Float[np.ndarray, "validations 3"]


def fit_structure(
    structure: nn.Module,
    train: Expansion,
    validation: Expansion,
    n_steps: int,
    learning_rate: float = 5e-3,
    final_learning_rate: float = 1e-4,
    validate_every: int = 100,
) -> StructureFit:
    """Train a structure module on an expansion, by Adam, and keep its best parameters.

    Those that it starts from count, too.

    Parameters
    ----------
    structure
        A module that returns weights; it is changed.
    train, validation
        Expansions of both parts of the recording.
    n_steps, learning_rate, final_learning_rate
        Steps, and the ends of an exponential decay.
    validate_every
        Steps between two looks at the validation loss.
    """
    rates = learning_rate, final_learning_rate
    optimizer = DecayingAdam(structure, n_steps, *rates, largest_gradient=0.5)
    history, parameters = [], copy.deepcopy(structure.state_dict())
    with torch.no_grad():
        best = validation.loss(structure()).item()
    for step in range(n_steps):
        loss = train.loss(structure())
        optimizer.step(loss, step)
        if (step + 1) % validate_every == 0 or step + 1 == n_steps:
            with torch.no_grad():
                validated = validation.loss(structure()).item()
            history.append([step + 1, loss.item(), validated])
            if validated < best:
                best = validated
                parameters = {k: v.clone() for k, v in structure.state_dict().items()}
    structure.load_state_dict(parameters)
    return StructureFit(structure, best, np.array(history))
