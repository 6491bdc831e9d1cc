r"""The likelihood of a recording in the single-index event model.

.. math::

    \log \lambda_i^t = F(b_i + \textstyle\sum_j w_{ij} s_j^t), \qquad
    s_j^t = \sum_{k \ge 1} e^{-k \Delta t / \tau} n_j^{t - k}

Spikes are looked at where they fall, and the expected spikes at evenly spaced bins that stand for
all: many fewer than the bins of a fine grid, and enough because traces are smooth.
"""

import copy
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Float32, Int
from scipy.special import logsumexp

from circuitlib._npz import machine_memory
from circuitlib.methods.single_index.hidden import HiddenTraces
from circuitlib.methods.single_index.interpolated import InterpolatedNodes
from circuitlib.methods.single_index.link import fit_link, straight
from circuitlib.methods.single_index.model import Model, Step
from circuitlib.methods.single_index.points import Points
from circuitlib.methods.sources import Sources
from circuitlib.recordings.events import Events

#: Log rate that a link makes of the scatter of the drives, below which it counts as flat.
_FLAT = 1e-3
#: Curvatures that are held at once, with room for the rest.
_COPIES = 3
#: Nats per spike by which a neuron may be worse than its mean rate; and drives among which that of
#: the mean rate is looked for.
_FAR, _GRID = 1.0, 256
#: Log rate that counts as the largest, for which exp() has room.
_LARGEST = 50.0


class Curvature(NamedTuple):
    """The loss near some parameters: its gradient, and the Fisher information.

    Parameters
    ----------
    gradient
        Of the loss in nats.
    own
        Information of each neuron's own parameters, shape ``(post, sources + 1, sources + 1)``.
    cross
        Between these and the coefficients of the link, shape ``(post, sources + 1, splines)``.
    link
        Of the coefficients of the link, shape ``(splines, splines)``.
    unit
        Sums of the splines of the link over the spikes, and of their slopes, shape ``(2,
        splines)``: what they do to the mean log rate at the spikes and to its mean slope.
    n_spikes
        Spikes behind it.
    """

    gradient: Step
    own: Float32[np.ndarray, "post own own"]
    cross: Float[np.ndarray, "post own splines"]
    link: Float[np.ndarray, "splines splines"]
    unit: Float[np.ndarray, "2 splines"]
    n_spikes: int


def check_memory(n_neurons: int, sources: Sources) -> None:
    """Raise `ValueError` if the curvature, which grows with the cube of N, does not fit."""
    needed, memory = 4.0 * _COPIES * n_neurons * sources.number**2, machine_memory()
    if needed > memory:
        raise ValueError(
            f"the curvature for {n_neurons} neurons needs {needed / 1e9:.3g} GB, but the machine "
            f"has {memory / 1e9:.3g} GB; choose fewer neurons with `select` (--units)"
        )


class EventLikelihood:
    """A recording whose likelihood can be computed for any single-index model.

    Parameters
    ----------
    events
        The recording.
    decay
        Part of a trace that is left after a bin.
    sources
        What drives are made of; the traces if not given.
    hidden
        Traces of hidden neurons, which come after those of the recorded ones.
    """

    def __init__(
        self,
        events: Events,
        decay: float,
        sources: Sources | None = None,
        hidden: HiddenTraces | InterpolatedNodes | None = None,
    ) -> None:
        self.sources = sources or Sources(events.n_neurons)
        self.n_neurons = events.n_neurons
        self.points = Points(events, decay, self.sources, hidden)

    @property
    def n_spikes(self) -> Int[np.ndarray, " neurons"]:
        """Spikes of each neuron."""
        return self.points.n_spikes

    def beginning(self, part: float) -> "EventLikelihood":
        """Return the likelihood of the first part of the recording."""
        found = copy.copy(self)
        found.points = self.points.beginning(part)
        return found

    def losses(self, model: Model) -> Float[np.ndarray, " neurons"]:
        """Return the negative log likelihood of each neuron in nats."""
        losses = np.zeros(self.n_neurons)
        for drives, posts in self.points.drives(model):
            log_rates, _ = model.link(drives)
            losses -= np.bincount(posts, log_rates, self.n_neurons)
        for traces in self.points.at_bins():
            losses += self._expected(model, model.drive(traces))[0].sum(axis=0)
        return losses

    def curvature(self, model: Model, given: bool = False) -> Curvature:
        """Return gradient and Fisher information, the latter as the spikes estimate it.

        If the weights between neurons are `given`, the information on them is left out, which saves
        most of the time.
        """
        n, n_own, n_splines = self.n_neurons, self.sources.number + 1, len(model.link.coefficients)
        gradient, by_link = np.zeros((n, n_own)), np.zeros(n_splines)
        own = np.zeros((n, n_own, n_own), dtype=np.float32)
        cross = np.zeros((n, n_own, n_splines))
        link, unit = np.zeros((n_splines, n_splines)), np.zeros((2, n_splines))
        places: list[tuple[Any, Any]] = [(slice(None), slice(None))] * n
        if given:  # its own trace, and all that comes after the traces
            own_places = [np.r_[post, self.sources.n_neurons : n_own] for post in range(n)]
            places = [(each, np.ix_(each, each)) for each in own_places]
        is_short = given and self.points.are_few
        for drives, inputs, rows_of in self.points.seen_by(model, whole=not is_short):
            slopes = model.link(drives)[1].astype(np.float32)
            splines = model.link.basis(drives)
            link += splines.T @ splines
            unit += model.link.basis_sum(drives, np.ones_like(drives)), model.link.slope_sum(drives)
            for post, rows in enumerate(rows_of):
                free, both = places[post]
                slope = slopes[rows]
                by_own = inputs[rows] if is_short else inputs[rows][:, free]
                gradient[post, free] -= slope @ by_own
                by_own *= slope[:, None]
                own[post][both] += by_own.T @ by_own
                cross[post, free] += by_own.T @ splines[rows]
        for traces in self.points.at_bins():
            drives = model.drive(traces)
            expected, slopes = self._expected(model, drives)
            by_link += model.link.basis_sum(drives, expected)
            slopes *= expected
            gradient[:, :-1] += slopes.T.astype(np.float32) @ traces
            gradient[:, -1] += slopes.sum(axis=0)
        by_link -= unit[0]
        return Curvature(Step(gradient, by_link), own, cross, link, unit, int(self.n_spikes.sum()))

    def far_off(self, losses: Float[np.ndarray, " neurons"]) -> Bool[np.ndarray, " neurons"]:
        """Tell which neurons have a loss far above that of their mean rate."""
        return np.asarray(losses > self.n_spikes * (1 - self._mean_log_rates + _FAR))

    @property
    def _mean_log_rates(self) -> Float[np.ndarray, " neurons"]:
        exposure = self.points.bin_weight * self.points.n_bins
        return np.asarray(np.log(np.maximum(self.n_spikes, 1) / exposure))

    def first_model(self) -> Model:
        """Guess the weights from the mean traces at a neuron's spikes.

        Less the mean traces, and times the inverse of their covariance, these are the weights of a
        log-linear model whose traces are normal; the link is fitted to their drives. A neuron for
        which that is much worse than its mean rate begins with its mean rate and no weights: one
        that is silent most of the time can be so far from normal that no step leads back.
        """
        n = self.sources.number
        at_spikes = np.zeros((self.n_neurons, n))
        for inputs, rows_of in self.points.at_spikes():
            for post, rows in enumerate(rows_of):
                at_spikes[post] += inputs[rows, :-1].sum(axis=0)
        mean, square, n_bins = np.zeros(n), np.zeros((n, n)), self.points.n_bins
        for traces in self.points.at_bins():
            mean += traces.sum(axis=0)
            square += traces.T @ traces
        mean /= n_bins
        covariance = square / n_bins - np.outer(mean, mean)
        shift = at_spikes / np.maximum(self.n_spikes, 1)[:, None] - mean
        weights = np.linalg.solve(covariance + 1e-6 * np.eye(n), shift.T).T
        model = self.with_best_link(weights, np.zeros(self.n_neurons))
        worse = self.far_off(self.losses(model))
        if worse.any():
            log_rates = self._mean_log_rates
            drives = np.linspace(model.link.low, model.link.high, _GRID)
            model.weights[worse] = 0.0
            model.offsets[worse] = np.interp(log_rates[worse], model.link(drives)[0], drives)
        return model

    def with_best_link(self, weights: np.ndarray, offsets: np.ndarray) -> Model:
        """Fit the link to drives, and give the weights the unit of log rate.

        The mean slope of the link at the spikes is then one.
        """
        model = Model(weights, offsets, straight(0.0))
        at_spikes = np.concatenate([drives for drives, _ in self.points.drives(model)])
        at_bins = np.concatenate([model.drive(traces).ravel() for traces in self.points.at_bins()])
        slope = 1.0
        for _ in range(2):  # the penalty needs the slope
            link = fit_link(at_spikes, at_bins, self.points.bin_weight, slope)
            slope = float(link(at_spikes)[1].mean())
        if slope * at_spikes.std() < _FLAT:  # chance, which tells of no link and has no unit
            exposure = np.log(self.points.bin_weight) + logsumexp(at_bins)
            level = np.log(self.n_spikes.sum()) - exposure
            return replace(model, link=link.straightened(float(level)))
        return replace(model, link=link).scaled(slope)

    def _expected(self, model: Model, drives: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the expected spikes for which some bins stand, and the slopes of the log rate."""
        log_rates, slopes = model.link(drives)
        return self.points.bin_weight * np.exp(np.minimum(log_rates, _LARGEST)), slopes
