"""The paper's GLM: one coupling filter, shared by all pairs of neurons."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from circuitlib.methods.estimator import check_neurons, same_neurons
from circuitlib.methods.glm.filter_step import TOLERANCE, OtherDrive, filter_step
from circuitlib.methods.glm.links import predict
from circuitlib.methods.glm.regressions import (
    Regressions,
    maximize_likelihood,
    weights_and_link_terms,
)
from circuitlib.methods.glm.ridge import GRID, Ridge, check_ridge, maximize_with_ridge
from circuitlib.methods.glm.symmetric import maximize_symmetric
from circuitlib.methods.sources import Sources
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.traces import filtered, raised_cosines

#: Time resolution of the cosines in seconds, that of the simulation.
_STEP = 1e-4
#: Alternations at most.
_ROUNDS = 12


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
    angle
        ``"tuning"`` for a tuning of each neuron to the angle of the recording beside its inputs,
        see :class:`circuitlib.methods.sources.Sources`; None, not to use the angle.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 4.
    """

    bin_width: float = 1e-3
    tau: float = 10e-3
    n_basis: int = 32
    l2: Ridge = 1e-6
    symmetric: bool = False
    angle: Literal["tuning"] | None = None
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    tuning_: Float[np.ndarray, "post waves"] = field(init=False, repr=False)
    sources_: Sources = field(init=False, repr=False)
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
            the peak of the filter; `intercepts_`; `tuning_`, the coefficients of the waves of the
            angle, none without one; `coefficients_`, the z above; `filter_`, one value a bin;
            `losses_`, the negative log likelihood per bin after each fit of the weights, all with
            the same ridge; and `l2_`, the ridge of the weights.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires, or a setting is out of range.
        """
        check_ridge(self.l2)
        if self.angle not in ("tuning", None):
            raise ValueError(f'`angle` must be "tuning" or None for this GLM, got {self.angle!r}')
        if self.symmetric and self.angle is not None:
            raise ValueError("`symmetric` weights with an `angle` are not fitted; choose one")
        basis = self._basis()
        spikes = recording.binned(self.bin_width)
        check_neurons(spikes)
        n = spikes.n_neurons
        self.sources_ = Sources.for_recording(spikes, self.angle)
        used = ~np.eye(n, self.sources_.number, dtype=bool)
        # The coefficients whose filter is as flat as the cosines allow.
        z = np.linalg.lstsq(basis, np.ones(len(basis)), rcond=None)[0]
        fit = maximize_symmetric if self.symmetric else maximize_likelihood
        self.l2_ = GRID[-1] if isinstance(self.l2, str) else self.l2
        parameters, losses = None, []
        with tqdm(total=_ROUNDS, desc="alternate", disable=not progress, leave=False) as bar:
            for _ in range(_ROUNDS):
                features = self.sources_.of(filtered(spikes, basis @ z), spikes.angle)
                regressions = Regressions(
                    features, spikes.counts, used, "log", self.l2_, np.float32
                )
                if parameters is None and not self.symmetric:
                    parameters = _one_by_one(regressions, n)
                parameters = fit(regressions, parameters)
                weights, link_terms = weights_and_link_terms(regressions, parameters)
                mean, centered = regressions.center(), parameters[:, -2]
                rest = OtherDrive(
                    centered, weights[:, n:], features[:, n:] - mean[n:].astype(np.float32)
                )
                z, step, loss = filter_step(spikes, weights[:, :n], rest, mean[:n], basis, z)
                losses.append(loss / spikes.n_bins)
                bar.update()
                if step <= TOLERANCE:
                    break
                peak = (basis @ z)[np.abs(basis @ z).argmax()]
                z, parameters[:, :n] = z / peak, parameters[:, :n] * peak
        if isinstance(self.l2, str):
            parameters, self.l2_ = maximize_with_ridge(regressions, self.l2, fit, progress)
            weights, link_terms = weights_and_link_terms(regressions, parameters)
        self.weights_, self.tuning_ = weights[:, :n], weights[:, n:]
        self.intercepts_ = link_terms[:, 0]
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
            If the number of neurons differs from that in the fit, or an angle is missing.
        """
        spikes = same_neurons(recording, self.weights_).binned(self.bin_width)
        link_terms = np.stack([self.intercepts_, np.zeros_like(self.intercepts_)], axis=1)
        features = self.sources_.of(filtered(spikes, self.filter_), spikes.angle)
        weights = np.concatenate((self.weights_, self.tuning_), axis=1)
        return predict("log", features, weights, link_terms)

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


def _one_by_one(regressions: Regressions, n: int) -> Float[np.ndarray, "neurons parameters"]:
    """Fit on some of the bins, each neuron from the weights of the one before, shifted by one.

    The first `n` weights are those from neurons; only these are shifted.
    """
    few = regressions.part(slice(None, None, regressions.thinning()))
    parameters = few.start()
    for post in range(len(parameters)):
        if post > 0:
            parameters[post, :n] = np.roll(parameters[post - 1, :n], 1)
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
