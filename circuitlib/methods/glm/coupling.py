"""The paper's GLM: one coupling filter, shared by all pairs of neurons."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from circuitlib.methods.estimator import check_neurons, same_neurons
from circuitlib.methods.glm.links import predict, respond
from circuitlib.methods.glm.regressions import (
    Regressions,
    maximize_likelihood,
    weights_and_link_terms,
)
from circuitlib.methods.glm.ridge import GRID, Ridge, check_ridge, maximize_with_ridge
from circuitlib.methods.glm.symmetric import maximize_symmetric
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import filtered, raised_cosines

#: Time resolution of the cosines in seconds, that of the simulation.
_STEP = 1e-4
#: Bins of one matrix product of the filter's windows, and how many of these chunks the curvature
#: is estimated from.
_CHUNK, _CURVATURE_CHUNKS = 2_048, 16
#: Relative ridge on the filter's coefficients, which are more than the bins that they describe.
_RIDGE = 1e-6
#: Alternations at most; the fit ends when the filter's step is below this part of a standard error.
_ROUNDS, _TOLERANCE = 12, 0.1


class _Slope(NamedTuple):
    """Loss in nats, and its gradient and curvature by the filter."""

    loss: float
    gradient: np.ndarray
    curvature: np.ndarray


@dataclass
class CouplingGLM:
    r"""Poisson regression of each neuron on all others through one filter, as in the paper.

    .. math:: \log \lambda_i^t = b_i + \sum_{j \neq i} w_{ij} \sum_{k \ge 1} f_k n_j^{t-k},
        \qquad f = B z,

    with spike counts n and raised cosines B that span two time constants. The paper leaves open
    how w and f are found together. Here they alternate: with f given, the likelihood is concave in
    the weights and is maximized by a quasi-Newton method; with the weights given it is concave in z
    and is maximized by Newton's method. The filter starts flat and ends with its peak at one.

    In the first alternation the neurons are fitted one by one, on some of the bins, each from the
    weights of the one before, shifted by one place. This uses their order on the ring only as the
    start of a concave problem: the optimum does not depend on it. Later every neuron starts from
    its own weights.

    What differs from the paper: counts are in bins of 1 ms, not 0.1 ms, because synapses
    integrate over 10 ms, a bin holds 0.06 spikes and the fit takes a tenth of the time. So the
    cosines, 200 steps long, are averaged over the steps of each bin, and a slight ridge chooses
    among their coefficients.

    Parameters
    ----------
    bin_width
        Bins in seconds, whole multiples of 0.1 ms.
    tau
        Synaptic time constant in seconds. The filter is two of them long.
    n_basis
        Number of raised cosines.
    l2
        Ridge: ``l2 / 2`` times the sum of squared weights is added to the loss per bin; or
        ``"validation"``, see :func:`circuitlib.methods.glm.ridge.maximize_with_ridge`.
        The filter is then found with the weakest ridge of the choice, and kept.
    symmetric
        Impose equal weights in both directions; all neurons are then fitted as one from the start.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 4.
    """

    bin_width: float = 1e-3
    tau: float = 10e-3
    n_basis: int = 32
    l2: Ridge = 1e-6
    symmetric: bool = False
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    intercepts_: Float[np.ndarray, " neurons"] = field(init=False, repr=False)
    coefficients_: Float[np.ndarray, " basis"] = field(init=False, repr=False)
    filter_: Float[np.ndarray, " lags"] = field(init=False, repr=False)
    losses_: Float[np.ndarray, " rounds"] = field(init=False, repr=False)
    l2_: float = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "CouplingGLM":
        """Alternate between the weights and the filter.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Show a progress bar.

        Returns
        -------
        CouplingGLM
            Itself, with `weights_` ``[post, pre]``: by how much a spike changes the log rate at
            the peak of the filter; `intercepts_`; `coefficients_`, the z above; `filter_`, one
            value a bin; `losses_`, the negative log likelihood per bin after each fit of the
            weights, all with the same ridge; and `l2_`, the ridge of the weights.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires, or a setting is out of range.
        """
        check_ridge(self.l2)
        basis = self._basis()
        spikes = recording.binned(self.bin_width)
        check_neurons(spikes)
        used = ~np.eye(spikes.n_neurons, dtype=bool)
        # The coefficients whose filter is as flat as the cosines allow.
        z = np.linalg.lstsq(basis, np.ones(len(basis)), rcond=None)[0]
        fit = maximize_symmetric if self.symmetric else maximize_likelihood
        self.l2_ = GRID[-1] if isinstance(self.l2, str) else self.l2
        parameters, losses = None, []
        with tqdm(total=_ROUNDS, desc="alternate", disable=not progress, leave=False) as bar:
            for _ in range(_ROUNDS):
                features = filtered(spikes, basis @ z)
                regressions = Regressions(
                    features, spikes.counts, used, "log", self.l2_, np.float32
                )
                if parameters is None and not self.symmetric:
                    parameters = _one_by_one(regressions)
                parameters = fit(regressions, parameters)
                weights, link_terms = weights_and_link_terms(regressions, parameters)
                mean = regressions.center()
                z, step, loss = _newton_step(spikes, weights, parameters[:, -2], mean, basis, z)
                losses.append(loss / spikes.n_bins)
                bar.update()
                if step <= _TOLERANCE:
                    break
                peak = (basis @ z)[np.abs(basis @ z).argmax()]
                z, parameters[:, :-2] = z / peak, parameters[:, :-2] * peak
        if isinstance(self.l2, str):
            parameters, self.l2_ = maximize_with_ridge(regressions, self.l2, fit, progress)
            weights, link_terms = weights_and_link_terms(regressions, parameters)
        self.weights_, self.intercepts_ = weights, link_terms[:, 0]
        self.coefficients_, self.filter_ = z, basis @ z
        self.losses_ = np.array(losses)
        return self

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Predict the expected counts of each bin from the spikes of earlier bins.

        Parameters
        ----------
        recording
            Spikes of the fitted neurons. What was before its start, or in a gap, counts as silence.

        Returns
        -------
        array
            Expected counts, shape ``(time, neurons)``, in bins of `bin_width`.

        Raises
        ------
        ValueError
            If the number of neurons differs from that in the fit.
        """
        spikes = same_neurons(recording, self.weights_).binned(self.bin_width)
        link_terms = np.stack([self.intercepts_, np.zeros_like(self.intercepts_)], axis=1)
        return predict("log", filtered(spikes, self.filter_), self.weights_, link_terms)

    def _basis(self) -> Float[np.ndarray, "lags basis"]:
        """Return the cosines, averaged over the steps of each bin; one row for each bin back."""
        if not (np.isfinite(self.tau) and self.tau > 0):
            raise ValueError(f"`tau` in seconds must be positive, got {self.tau}")
        per_bin = round(self.bin_width / _STEP)
        n_lags = round(2 * self.tau / self.bin_width)
        if per_bin < 1 or abs(per_bin * _STEP - self.bin_width) > 1e-6 * self.bin_width:
            raise ValueError(f"`bin_width` must be a multiple of {_STEP:g} s, got {self.bin_width}")
        if n_lags < 2:
            raise ValueError(
                f"`bin_width` must be at most `tau` ({self.tau:g} s), got {self.bin_width}"
            )
        cosines = raised_cosines(n_lags * per_bin, self.n_basis)
        return np.asarray(cosines.reshape(n_lags, per_bin, -1).mean(axis=1))


def _one_by_one(regressions: Regressions) -> Float[np.ndarray, "neurons parameters"]:
    """Fit on some of the bins, each neuron from the weights of the one before, shifted by one."""
    few = regressions.part(slice(None, None, regressions.thinning()))
    parameters = few.start()
    for post in range(len(parameters)):
        if post > 0:
            parameters[post, :-2] = np.roll(parameters[post - 1, :-2], 1)
        one = Regressions(
            few.features,
            few.counts[:, [post]],
            few.used[[post]],
            few.link,
            few.l2,
            few.dtype,
        )
        parameters[[post]] = maximize_likelihood(one, parameters[[post]], tolerance=1.0)
    return parameters


def _newton_step(
    spikes: Spikes,
    weights: Float[np.ndarray, "post pre"],
    intercepts: Float[np.ndarray, " neurons"],
    mean: Float[np.ndarray, " neurons"],
    basis: Float[np.ndarray, "lags basis"],
    z: Float[np.ndarray, " basis"],
) -> tuple[Float[np.ndarray, " basis"], float, float]:
    """Improve the filter's coefficients.

    `intercepts` and `mean` belong to centered features, so that the filter hardly moves the
    intercepts. Returns the new coefficients, the length of the step in standard errors (root mean
    square) and the loss before it.
    """
    # The mean drive of a filter f is f.sum() * rest.
    rest = weights @ mean / (basis @ z).sum()

    def slope(f: np.ndarray, curved: bool = False) -> _Slope:
        return _slope(spikes, weights, intercepts, rest, f, curved)

    loss, gradient, curvature = slope(basis @ z, curved=True)
    metric = basis.T @ curvature @ basis
    metric.flat[:: len(z) + 1] += _RIDGE * np.trace(metric)
    by_z = basis.T @ gradient
    step = -np.linalg.solve(metric, by_z)
    length = float(np.sqrt(max(-by_z @ step, 0) / len(z)))
    if length > _TOLERANCE:
        for _ in range(10):
            if slope(basis @ (z + step)).loss < loss:
                return z + step, length, loss
            step = step / 2
    return z, 0.0, loss


def _slope(
    spikes: Spikes,
    weights: Float[np.ndarray, "post pre"],
    intercepts: Float[np.ndarray, " neurons"],
    rest: Float[np.ndarray, " neurons"],
    f: Float[np.ndarray, " lags"],
    curved: bool,
) -> _Slope:
    """Return the loss as a function of the filter, its gradient and, if asked, its curvature."""
    loss, gradient, curvature = 0.0, np.zeros(len(f)), np.zeros((len(f), len(f)))
    n_curved = 0
    every = max(1, spikes.n_bins // (_CHUNK * _CURVATURE_CHUNKS))
    no_gain = np.zeros(len(weights), dtype=np.float32)
    for index, (bins, inputs) in enumerate(_input_windows(spikes, weights, len(f))):
        windows = (inputs - rest[:, None]).astype(np.float32)  # (time, neurons, lags)
        drive = windows @ f.astype(np.float32) + intercepts.astype(np.float32)
        rate = respond("log", drive, no_gain).rate
        counts = spikes.counts[bins].astype(np.float32)
        loss += float((rate - counts * drive).sum(dtype=np.float64))
        windows = windows.reshape(-1, len(f))
        gradient += (rate - counts).ravel() @ windows
        if curved and index % every == 0:
            curvature += windows.T @ (windows * rate.reshape(-1, 1))
            n_curved += len(counts)
    return _Slope(loss, gradient, curvature * spikes.n_bins / max(n_curved, 1))


def _input_windows(
    spikes: Spikes, weights: Float[np.ndarray, "post pre"], n_lags: int
) -> Iterator[tuple[slice, Float[np.ndarray, "time neurons lags"]]]:
    """Yield chunks of bins with the weighted spikes one bin earlier, two bins earlier, ..."""
    for run in spikes.runs.slices:
        for first in range(run.start, run.stop, _CHUNK):
            last = min(first + _CHUNK, run.stop)
            before = max(first - n_lags, run.start)
            recent = spikes.counts[before : last - 1].astype(np.float32) @ weights.T.astype(
                np.float32
            )
            silent = np.zeros((n_lags - (first - before), len(weights)), dtype=np.float32)
            inputs = np.concatenate([silent, recent])
            windows = np.lib.stride_tricks.sliding_window_view(inputs, n_lags, axis=0)
            yield slice(first, last), windows[:, :, ::-1]
