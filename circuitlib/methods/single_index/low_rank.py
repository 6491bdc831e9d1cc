"""Weights of low rank: the rank is lowered until held-out spikes are predicted worse."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

from circuitlib.methods.single_index.quadratic import Quadratic

#: How many ranks in a row may predict worse before the search ends, and steps of one minimization.
_PATIENCE, _STEPS = 3, 300


@dataclass(frozen=True, eq=False)
class LowRank:
    """Factors of weights :math:`W = A B^T` off the diagonal.

    Parameters
    ----------
    post, pre
        A and B, shape ``(neurons, rank)``. For symmetric weights they differ in signs only.
    """

    post: Float[np.ndarray, "neurons rank"]
    pre: Float[np.ndarray, "neurons rank"]

    @property
    def rank(self) -> int:
        """Number of columns."""
        return int(self.post.shape[1])

    @property
    def weights(self) -> Float[np.ndarray, "post pre"]:
        """The weights ``[post, pre]``, with a zero diagonal."""
        return np.asarray(self.post @ self.pre.T * ~np.eye(len(self.post), dtype=bool))

    @property
    def all_weights(self) -> Float[np.ndarray, "post pre"]:
        """The same: there are no hidden neurons."""
        return self.weights

    @property
    def scatter(self) -> Float[np.ndarray, "post pre"]:
        """What chance in the fit adds to the standard errors: nothing."""
        return np.zeros((len(self.post),) * 2)

    def scaled(self, factor: float) -> "LowRank":
        """Return factors of weights that are `factor` times as large."""
        root = np.sqrt(factor)
        return LowRank(root * self.post, root * self.pre)

    def refit(self, train: Quadratic, directed: bool) -> "LowRank":
        """Fit the factors to an expansion, from where they stand."""
        shape = self.post.shape
        signs = np.where((self.post * self.pre).sum(axis=0) < 0, -1.0, 1.0)

        def factors(flat: np.ndarray) -> LowRank:
            if directed:
                return LowRank(*flat.reshape(2, *shape))
            u = flat.reshape(shape)
            return LowRank(u * signs, u)

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            now = factors(flat)
            value, slope = train.loss_and_slope(now.post @ now.pre.T)
            if directed:
                by_factor = np.stack((slope @ now.pre, slope.T @ now.post))
            else:
                by_factor = (slope + slope.T) @ now.post
            return value, by_factor.ravel()

        first = np.stack((self.post, self.pre)) if directed else self.pre
        options = {"maxiter": _STEPS, "maxfun": 2 * _STEPS, "maxcor": 30}
        found = minimize(loss, first.ravel(), jac=True, method="L-BFGS-B", options=options)
        return factors(found.x)

    def response(
        self, other: Quadratic, directed: bool, draw: int
    ) -> Float[np.ndarray, "post pre"]:
        """Return how the weights change if the structure is fitted to another likelihood."""
        del draw  # nothing else is random
        return np.asarray(self.refit(other, directed).weights - self.weights)


def fit_low_rank(
    train: Quadratic,
    validation: Quadratic,
    weights: Float[np.ndarray, "post pre"],
    directed: bool,
) -> LowRank:
    """Fit weights of the rank of least validation loss.

    The rank is lowered by half, then by a tenth at a time, or by one. Each time the weakest modes
    are left out and the others adapt.

    Parameters
    ----------
    train, validation
        Expansions of the likelihood of both parts of a recording.
    weights
        First guess.
    directed
        Whether the weights may be asymmetric.
    """
    full, now, n_worse = weights, len(weights), 0
    fits: list[tuple[float, LowRank]] = []
    while True:
        guesses = [_leading(full, now, directed)]
        if fits:  # there are minima that are not the least
            guesses.append(_leading(weights, now, directed))
        fit = min(
            (guess.refit(train, directed) for guess in guesses),
            key=lambda each: train.loss(each.weights),
        )
        full, loss = fit.post @ fit.pre.T, validation.loss(fit.weights)
        n_worse = n_worse + 1 if fits and loss >= min(fits, key=_first)[0] else 0
        fits.append((loss, fit))
        if n_worse == _PATIENCE or now == 1:
            return min(fits, key=_first)[1]
        drop = now // 2 if now == len(weights) else max(1, now // 10)
        now -= drop


def _first(pair: tuple[float, LowRank]) -> float:
    """Return the loss of a fit."""
    return pair[0]


def _leading(weights: Float[np.ndarray, "post pre"], rank: int, directed: bool) -> LowRank:
    """Return the leading modes of weights."""
    if directed:
        post, values, pre = np.linalg.svd(weights)
        root = np.sqrt(values[:rank])
        return LowRank(post[:, :rank] * root, pre[:rank].T * root)
    values, vectors = np.linalg.eigh((weights + weights.T) / 2)
    leading = np.argsort(-np.abs(values))[:rank]
    u = vectors[:, leading] * np.sqrt(np.abs(values[leading]))
    return LowRank(u * np.sign(values[leading]), u)
