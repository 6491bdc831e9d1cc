"""Batches: spikes and bins of a recording, drawn at random or looked at evenly."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from circuitlib.methods.gnn.recent_history import recent_history
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.recordings.events import Events


def event_loss(
    log_rates_at_spikes: Float[Tensor, " spikes"],
    log_rates: Float[Tensor, "..."],
    mean_count: float,
) -> Float[Tensor, ""]:
    r"""Poisson negative log likelihood per spike, in nats.

    .. math:: \frac{1}{\bar n} \langle \lambda_i^t \rangle_{t, i} - \langle \log \lambda_i^t
        \rangle_{\mathrm{spikes}}

    Both averages are estimated, each from bins of its own: the second from spikes drawn at random,
    the first from bins drawn at random. On a fine grid nearly all bins are empty, so this reaches
    the same precision with far fewer evaluations than a random choice of bins alone.

    Parameters
    ----------
    log_rates_at_spikes
        Log expected count of the neuron that fired, in the bin of each drawn spike.
    log_rates
        Log expected counts in the drawn bins: of all neurons, shape ``(bins, neurons)``, or of one
        drawn at random for each bin, shape ``(bins,)``.
    mean_count
        Mean spikes per bin and neuron, :math:`\bar n`.
    """
    return torch.exp(log_rates).mean() / mean_count - log_rates_at_spikes.mean()


class Sample(NamedTuple):
    """What a loss needs: recent spikes before some spikes, and before some bins.

    Parameters
    ----------
    recent
        Recent spikes of all neurons, shape ``(n_spikes + n_bins, neurons, features)``.
    post
        The neurons that fired, shape ``(n_spikes,)``; with one neuron for each bin after them
        where only one is looked at.
    n_spikes
        How many of the first entries are spikes; the others are bins.
    """

    recent: Float[Tensor, "batch neurons features"]
    post: Int[Tensor, " posts"]
    n_spikes: int

    @property
    def at_spikes(self) -> Float[Tensor, "spikes neurons features"]:
        """Recent spikes before the spikes."""
        return self.recent[: self.n_spikes]

    @property
    def at_bins(self) -> Float[Tensor, "bins neurons features"]:
        """Recent spikes before the bins."""
        return self.recent[self.n_spikes :]

    def to(self, device: torch.device) -> "Sample":
        """Return the sample on another device."""
        return Sample(self.recent.to(device), self.post.to(device), self.n_spikes)


@dataclass(eq=False)
class Batches:
    """Spikes and bins of a recording, to draw from or to look at evenly.

    Parameters
    ----------
    events
        The recording.
    basis
        Functions of the lag, see :func:`circuitlib.methods.gnn.recent_history.recent_history`. Only
        bins with a whole window of history are used.
    """

    events: Events
    basis: np.ndarray

    def __post_init__(self) -> None:
        window = len(self.basis) - 1
        whole = self.events.bins - self.events.runs.start_of(self.events.bins) >= window
        self.bins, self.neurons = self.events.bins[whole], self.events.neurons[whole]
        self._whole = self.events.runs.after(window)

    @property
    def n_spikes(self) -> int:
        """Number of spikes that can be drawn."""
        return len(self.bins)

    @property
    def mean_count(self) -> float:
        """Mean spikes per bin and neuron."""
        return self.n_spikes / (self._whole.n_bins * self.events.n_neurons)

    def draw(self, rng: np.random.Generator, n_spikes: int, n_bins: int) -> Sample:
        """Draw spikes and, independently, bins."""
        spikes = rng.integers(self.n_spikes, size=n_spikes)
        return self._look(spikes, rng.integers(self._whole.n_bins, size=n_bins))

    def evenly(self, n_spikes: int, n_bins: int) -> Sample:
        """Choose spikes and bins that are spread evenly, the same each time."""
        spikes = np.linspace(0, self.n_spikes - 1, min(n_spikes, self.n_spikes)).astype(np.int64)
        n_whole = self._whole.n_bins
        return self._look(spikes, np.linspace(0, n_whole - 1, min(n_bins, n_whole)).astype(int))

    def loss(self, model: SpikeModel, sample: Sample) -> Float[Tensor, ""]:
        """Return the loss of a model on a sample, see `event_loss`."""
        weights = model.structure()
        at_spikes = model.at_spikes(sample.at_spikes, sample.post, weights)
        return event_loss(at_spikes, model(sample.at_bins, weights), self.mean_count)

    def _look(self, spikes: np.ndarray, index: np.ndarray) -> Sample:
        bins = np.concatenate((self.bins[spikes], self._whole[index]))
        recent = recent_history(self.events, bins, self.basis)
        post = torch.from_numpy(self.neurons[spikes])
        return Sample(torch.from_numpy(recent), post, len(spikes))


@dataclass(eq=False)
class PairBatches(Batches):
    """Batches for a model in which each pair of neurons has its own message.

    To predict all neurons is then expensive, so one neuron is drawn for each bin.
    """

    def draw(self, rng: np.random.Generator, n_spikes: int, n_bins: int) -> Sample:
        """Draw spikes and, independently, bins with one neuron each."""
        sample = super().draw(rng, n_spikes, n_bins)
        others = torch.from_numpy(rng.integers(self.events.n_neurons, size=n_bins))
        return sample._replace(post=torch.cat((sample.post, others)))

    def loss(self, model: SpikeModel, sample: Sample) -> Float[Tensor, ""]:
        """Return the loss of a model on what was drawn, see `event_loss`."""
        log_rates = model.at_spikes(sample.recent, sample.post, model.structure())
        at_spikes, at_bins = log_rates[: sample.n_spikes], log_rates[sample.n_spikes :]
        return event_loss(at_spikes, at_bins, self.mean_count)
