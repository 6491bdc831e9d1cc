"""How well a method predicts spikes that it did not see, beside simpler models in the same bins."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import xlogy

from circuitlib.head_direction.excitability import read_curves
from circuitlib.head_direction.tuning import tuning_curves, wrap
from circuitlib.methods.glm.links import predict
from circuitlib.methods.glm.regressions import (
    Regressions,
    maximize_likelihood,
    weights_and_link_terms,
)
from circuitlib.methods.sources import Sources
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import trace

#: Blocks of time whose scatter gives the errors.
BLOCKS = 20
#: Time constants of a neuron's own history, in those of the synapses.
_MEMORIES = (1.0, 10.0, 100.0)
#: Part of the mean rate in a tuning curve, so that a spike where there was none is not impossible.
_FLOOR = 0.01


class Gain(NamedTuple):
    """Bits per spike, averaged over the neurons, with their standard error."""

    bits: float
    error: float

    @classmethod
    def of(cls, by_block: Float[np.ndarray, " blocks"]) -> "Gain":
        """Add up blocks of time, whose scatter gives the error."""
        error = np.sqrt(len(by_block)) * by_block.std(ddof=1)
        return cls(float(by_block.sum()), float(error))


class Predicted(NamedTuple):
    """How a model did.

    Parameters
    ----------
    name
        What it is.
    over_mean
        Its gain over the mean rates of the same spikes.
    behind
        By how much the method of the report is better; None for itself.
    note
        What one should know of it; may be empty.
    """

    name: str
    over_mean: Gain
    behind: Gain | None
    note: str


class Scored(NamedTuple):
    """The log likelihood that rates give to spikes, in bits, by blocks of time.

    Parameters
    ----------
    bits
        Each neuron's, over its number of spikes, shape ``(blocks, neurons)``; without the neurons
        that do not fire.
    """

    bits: Float[np.ndarray, "blocks neurons"]

    def over(self, other: "Scored") -> Gain:
        """Return the gain over other rates of the same spikes."""
        return Gain.of((self.bits - other.bits).mean(axis=1))


def scored(spikes: Spikes, rates: Float[np.ndarray, "time neurons"]) -> Scored:
    """Score the expected spikes of each bin.

    Raises
    ------
    ValueError
        If no neuron fires, or there are fewer bins than blocks.
    """
    n_spikes = spikes.counts.sum(axis=0, dtype=np.float64)
    fires = n_spikes > 0
    if not fires.any() or spikes.n_bins < BLOCKS:
        raise ValueError("the last part of the recording holds too little to be predicted")
    edges = np.linspace(0, spikes.n_bins, BLOCKS + 1).astype(int)
    bits = []
    for first, last in pairwise(edges.tolist()):
        counts, expected = spikes.counts[first:last][:, fires], rates[first:last][:, fires]
        with np.errstate(divide="ignore"):
            nats = (xlogy(counts, expected) - expected).sum(axis=0)
        bits.append(nats / n_spikes[fires] / np.log(2))
    return Scored(np.stack(bits))


def mean_rates(spikes: Spikes) -> Scored:
    """Score the mean rate of each neuron in the same spikes."""
    mean = spikes.counts.mean(axis=0)
    return scored(spikes, np.broadcast_to(mean, spikes.counts.shape))


def own_history(
    train: Spikes, test: Spikes, tau: float, tuned: bool = False
) -> Float[np.ndarray, "time neurons"]:
    """Predict each neuron from its own earlier spikes, on three scales of time.

    Parameters
    ----------
    train, test
        What the regressions see, and what they predict.
    tau
        Synaptic time constant in seconds; the memory reaches to a hundred times that.
    tuned
        Tell the regressions of the angle too.

    Returns
    -------
    array
        Expected spikes of each bin.
    """
    sources = Sources(len(_MEMORIES), "tuning" if tuned else None)
    rates = np.empty(test.counts.shape)
    for neuron in range(train.n_neurons):
        one, other = train.select([neuron]), test.select([neuron])
        features, unseen = (
            sources.of(
                np.concatenate([trace(each, tau * memory) for memory in _MEMORIES], axis=1),
                each.angle,
            )
            for each in (one, other)
        )
        used = np.ones((1, features.shape[1]), dtype=bool)
        regression = Regressions(features, one.counts, used, "log", 1e-6, np.float32)
        parameters = maximize_likelihood(regression)
        weights, link_terms = weights_and_link_terms(regression, parameters)
        rates[:, neuron] = predict("log", unseen, weights, link_terms)[:, 0]
    return rates


def tuning_alone(train: Spikes, test: Spikes) -> Float[np.ndarray, "time neurons"]:
    """Predict each neuron from the angle, by its tuning curve in what was seen."""
    curves = read_curves(tuning_curves(train, wrap(_angle_of(train))), wrap(_angle_of(test)))
    return ((1 - _FLOOR) * curves + _FLOOR * train.rates) * test.dt


def _angle_of(spikes: Spikes) -> Float[np.ndarray, " time"]:
    if spikes.angle is None:
        raise ValueError("the recording has no angle")
    return spikes.angle
