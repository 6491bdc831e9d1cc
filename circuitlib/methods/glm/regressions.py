"""Poisson regressions of all neurons at once, by matrix products over chunks of time.

The parameters of all neurons form one array ``(neurons, features + 2)``: the weights, and two link
terms, which are the intercept and the log gain (which the log link leaves at zero); see
:mod:`circuitlib.methods.glm.links`.
"""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Num, UInt8
from scipy.linalg import solve_triangular
from scipy.optimize import minimize
from tqdm.auto import tqdm

from circuitlib.methods.glm.links import Link, Response, respond

#: Bins of one matrix product; a chunk of features and its results fit into the cache.
_CHUNK = 2_048
#: Bins from which the curvature is estimated.
_CURVATURE_BINS = 16_384
#: Iterations between two estimates of the curvature, and estimates at most.
_ITERATIONS, _ROUNDS = 8, 40
#: Standard deviation of a normal prior on the log gain. It matters only for a neuron that is far
#: from linear: there the rectified link turns into the log link, and gain and weights run away.
_LOG_GAIN_SD = 3.0
#: Relative change of the loss below which it counts as constant.
_RESOLUTION = 1e-10


@dataclass(frozen=True, eq=False)
class Regressions:
    """The data of one Poisson regression per neuron, with shared features.

    Parameters
    ----------
    features
        Regressors, shape ``(time, features)``; a chunk at a time is cast to `dtype`.
    counts
        Spikes per bin, shape ``(time, neurons)``.
    used
        Which features enter the regression of which neuron, shape ``(neurons, features)``.
    link
        ``"log"`` or ``"rectified"``.
    l2
        Ridge: ``l2 / 2`` times the squared weights is added to the loss per bin.
    dtype
        Type of the matrix products. Sums over chunks are float64.
    """

    features: Num[np.ndarray, "time features"]
    counts: UInt8[np.ndarray, "time neurons"]
    used: Bool[np.ndarray, "neurons features"]
    link: Link
    l2: float
    dtype: type[np.floating]

    def start(self) -> Float[np.ndarray, "neurons parameters"]:
        """Return parameters without weights that give every neuron its mean rate."""
        n_neurons, n_features = self.used.shape
        parameters = np.zeros((n_neurons, n_features + 2))
        # A neuron may be silent in a part of the recording; at least one spike is counted.
        n_spikes = np.maximum(self.counts.sum(axis=0, dtype=np.float64), 1)
        log_mean = np.log(n_spikes / len(self.counts))
        if self.link == "log":
            parameters[:, -2] = log_mean
        else:
            parameters[:, -1] = log_mean - np.log(np.log(2))  # softplus(0) is log 2
        return parameters

    def center(self) -> Float[np.ndarray, " features"]:
        """Return the mean of each feature, which the drive subtracts."""
        return np.asarray(self.features.mean(axis=0, dtype=np.float64))

    def part(self, bins: slice) -> "Regressions":
        """Return the regressions on some of the bins, as views that copy nothing."""
        return replace(self, features=self.features[bins], counts=self.counts[bins])

    def thinning(self) -> int:
        """Return how many times fewer bins still hold ten spikes per parameter of each neuron."""
        n_spikes = self.counts.sum(axis=0, dtype=np.int64).min()
        return int(np.clip(n_spikes // (10 * (self.used.shape[1] + 2)), 1, 16))

    def loss(
        self,
        parameters: Float[np.ndarray, "neurons parameters"],
        center: Float[np.ndarray, " features"],
    ) -> tuple[float, Float[np.ndarray, "neurons parameters"]]:
        """Compute the negative log likelihood with the ridge, and its gradient.

        Parameters
        ----------
        parameters
            Weights, intercept and log gain, shape ``(neurons, features + 2)``.
        center
            What is subtracted from the features, shape ``(features,)``.

        Returns
        -------
        loss, gradient
            In nats, summed over bins and neurons, without the term of the counts alone.
        """
        weights = parameters[:, :-2]
        ridge = self.l2 * len(self.counts)
        loss = ridge / 2 * float((weights**2).sum())
        gradient = np.zeros_like(parameters)
        gradient[:, :-2] = ridge * weights
        if self.link == "rectified":
            gradient[:, -1] = (parameters[:, -1] - self.start()[:, -1]) / _LOG_GAIN_SD**2
            loss += _LOG_GAIN_SD**2 / 2 * float((gradient[:, -1] ** 2).sum())
        for first in range(0, len(self.counts), _CHUNK):
            x, response = self._respond(slice(first, first + _CHUNK), parameters, center)
            counts = self.counts[first : first + _CHUNK].astype(self.dtype)
            loss += float((response.rate - counts * response.log_rate).sum(dtype=np.float64))
            excess = response.rate - counts
            by_drive = excess * response.slope
            gradient[:, :-2] += by_drive.T @ x
            gradient[:, -2] += by_drive.sum(axis=0, dtype=np.float64)
            gradient[:, -1] += excess.sum(axis=0, dtype=np.float64)
        return loss, np.where(self.free(), gradient, 0)

    def information(
        self,
        parameters: Float[np.ndarray, "neurons parameters"],
        center: Float[np.ndarray, " features"],
    ) -> Float[np.ndarray, "neurons parameters parameters"]:
        """Estimate the Fisher information of each neuron's parameters from some of the bins.

        Parameters
        ----------
        parameters, center
            As for `loss`.

        Returns
        -------
        array
            Shape ``(neurons, features + 2, features + 2)``, with the curvature of the ridge.
        """
        step = -(-len(self.counts) // _CURVATURE_BINS)
        x, response = self._respond(slice(0, None, step), parameters, center)
        n_features = x.shape[1]
        information = np.empty((*parameters.shape, parameters.shape[1]))
        scaled = np.empty((len(x), n_features + 2), dtype=self.dtype)
        for neuron, block in enumerate(information):
            root = np.sqrt(response.rate[:, neuron])
            scaled[:, -2] = root * response.slope[:, neuron]
            scaled[:, :-2] = scaled[:, -2, None] * x
            scaled[:, -1] = root
            block[:] = step * (scaled.T @ scaled)
            # Without weights, gain and intercept are the same parameter: keep the matrix regular.
            block.flat[:: n_features + 3] *= 1 + 1e-3
            block.flat[:: n_features + 3] += 1e-9 + self.l2 * len(self.counts)
            block[-1, -1] += 1 / _LOG_GAIN_SD**2
        return information

    def whitening(
        self,
        parameters: Float[np.ndarray, "neurons parameters"],
        center: Float[np.ndarray, " features"],
    ) -> Float[np.ndarray, "neurons parameters parameters"]:
        """Return, for each neuron, the map from coordinates of unit curvature to parameters.

        One unit of such a coordinate is one standard error.
        """
        maps = np.zeros((*parameters.shape, parameters.shape[1]))
        blocks = zip(maps, self.information(parameters, center), self.free(), strict=True)
        for block, information, keep in blocks:
            factor = np.linalg.cholesky(information[np.ix_(keep, keep)])
            inverse = solve_triangular(factor, np.eye(len(factor)), lower=True)
            block[np.ix_(keep, keep)] = inverse.T
        return maps

    def _respond(
        self, bins: slice, parameters: np.ndarray, center: np.ndarray
    ) -> tuple[np.ndarray, Response]:
        """Return the centered features of some bins and the response to them."""
        x = self.features[bins].astype(self.dtype)
        x -= center.astype(self.dtype)
        drive = x @ parameters[:, :-2].T.astype(self.dtype)
        drive += parameters[:, -2].astype(self.dtype)
        return x, respond(self.link, drive, parameters[:, -1].astype(self.dtype))

    def free(self) -> Bool[np.ndarray, "neurons parameters"]:
        """Tell which parameters are learned."""
        link_terms = np.ones((len(self.used), 2), dtype=bool)
        link_terms[:, 1] = self.link == "rectified"
        return np.concatenate((self.used, link_terms), axis=1)


def maximize_likelihood(
    regressions: Regressions,
    start: Float[np.ndarray, "neurons parameters"] | None = None,
    tolerance: float = 1e-2,
    progress: bool = False,
) -> Float[np.ndarray, "neurons parameters"]:
    """Fit all regressions together: L-BFGS in coordinates of unit curvature.

    Parameters
    ----------
    regressions
        The data and settings.
    start
        Initial parameters ``(neurons, features + 2)``, those of `Regressions.start` if not given.
    tolerance
        The fit ends when no whitened coordinate's gradient, and so about its distance from the
        optimum, exceeds this part of a standard error.
    progress
        Show a progress bar.

    Returns
    -------
    array
        Parameters ``(neurons, features + 2)``; see :func:`weights_and_link_terms`.
    """
    center = regressions.center()
    parameters = regressions.start() if start is None else start
    with tqdm(desc="fit", unit="step", disable=not progress, leave=False) as bar:
        if start is None and (thinning := regressions.thinning()) > 1:
            thinned = regressions.part(slice(None, None, thinning))
            parameters = _minimize(thinned, center, parameters, 1.0, bar)
        return _minimize(regressions, center, parameters, tolerance, bar)


def weights_and_link_terms(
    regressions: Regressions, parameters: Float[np.ndarray, "neurons parameters"]
) -> tuple[Float[np.ndarray, "neurons features"], Float[np.ndarray, "neurons 2"]]:
    """Take parameters apart.

    Returns
    -------
    weights, link_terms
        Weights, shape ``(neurons, features)``, and intercept (of features that are not centered)
        with log gain, shape ``(neurons, 2)``.
    """
    weights, link_terms = parameters[:, :-2], parameters[:, -2:].copy()
    link_terms[:, 0] -= weights @ regressions.center()
    return weights, link_terms


def _minimize(
    regressions: Regressions,
    center: np.ndarray,
    parameters: np.ndarray,
    tolerance: float,
    bar: tqdm,
) -> Float[np.ndarray, "neurons parameters"]:
    """Descend from `parameters`, estimating the curvature anew after every few iterations."""
    for _ in range(_ROUNDS):
        maps = regressions.whitening(parameters, center)
        loss, gradient = regressions.loss(parameters, center)
        gradient = _pull(maps, gradient)
        # L-BFGS starts with a trial step of length one; in this unit it is Newton's step.
        unit = float(np.linalg.norm(gradient))
        if np.abs(gradient).max() <= tolerance:
            break
        maps *= unit

        def objective(
            v: np.ndarray,
            maps: np.ndarray = maps,
            origin: np.ndarray = parameters,
            known: tuple[float, np.ndarray] = (loss, unit * gradient.ravel()),
        ) -> tuple[float, np.ndarray]:
            if not v.any():
                return known
            bar.update()
            loss, gradient = regressions.loss(origin + _push(maps, v), center)
            return loss, _pull(maps, gradient).ravel()

        found = minimize(
            objective,
            np.zeros(parameters.size),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": _ITERATIONS, "gtol": tolerance * unit, "ftol": _RESOLUTION},
        )
        parameters = parameters + _push(maps, found.x)
        if found.status != 1:  # converged, or no further descent within the precision
            break
    return parameters


def _push(maps: np.ndarray, v: np.ndarray) -> Float[np.ndarray, "neurons parameters"]:
    """Carry whitened coordinates over to parameters."""
    return np.asarray(np.einsum("npq,nq->np", maps, v.reshape(maps.shape[:2])))


def _pull(maps: np.ndarray, gradient: np.ndarray) -> Float[np.ndarray, "neurons parameters"]:
    """Carry a gradient by the parameters over to whitened coordinates."""
    return np.asarray(np.einsum("npq,np->nq", maps, gradient))
