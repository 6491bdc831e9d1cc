r"""Weights of a ring that is learned from the spikes: an angle for each neuron, and one profile.

.. math::

    w_{ij} = \sum_k c_k \cos k (\theta_i - \theta_j) \; \left[ + \sum_k d_k \sin k (\theta_i -
    \theta_j) \right]

The sines belong to directed weights. Nothing says in which order the neurons lie.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

from circuitlib.methods.single_index.order import arrangements
from circuitlib.methods.single_index.quadratic import Quadratic

#: Numbers of harmonics to choose from, the zeroth included, and of eigenvectors from which two give
#: the first angles.
_HARMONICS = (4, 6, 8, 12, 16, 24)
_VECTORS = 5
#: Arrangements of neurons by the similarity of their weights that are looked at more closely.
_ARRANGEMENTS = 4
#: Steps of one minimization, and of those that only compare the first angles.
_STEPS, _FIRST_STEPS = 500, 60


@dataclass(frozen=True, eq=False)
class Ring:
    """A learned ring.

    Parameters
    ----------
    angles
        Angle of each neuron in radians, shape ``(neurons,)``, known up to a turn and a reflection.
    cosines, sines
        Fourier coefficients of the profile, from the zeroth harmonic on, shape ``(harmonics,)``.
        The sines are zero for symmetric weights.
    n_hidden
        How many of the neurons, the last ones, are hidden. They send, but nobody sees what they
        receive.
    """

    angles: Float[np.ndarray, " neurons"]
    cosines: Float[np.ndarray, " harmonics"]
    sines: Float[np.ndarray, " harmonics"]
    n_hidden: int = 0

    @property
    def all_weights(self) -> Float[np.ndarray, "nodes nodes"]:
        """The weights between all neurons ``[post, pre]``, with a zero diagonal."""
        weights = _combined(_waves(self.angles, len(self.cosines)), self.cosines, self.sines)
        return np.asarray(weights * ~np.eye(len(self.angles), dtype=bool))

    @property
    def weights(self) -> Float[np.ndarray, "post pre"]:
        """The weights of recorded neurons ``[post, pre]``, with a zero diagonal."""
        return self.all_weights[: len(self.angles) - self.n_hidden]

    @property
    def scatter(self) -> Float[np.ndarray, "post pre"]:
        """What chance in the fit adds to the standard errors: nothing."""
        return np.zeros((len(self.angles) - self.n_hidden, len(self.angles)))

    def scaled(self, factor: float) -> "Ring":
        """Return the ring with weights that are `factor` times as large."""
        return replace(self, cosines=factor * self.cosines, sines=factor * self.sines)

    def with_hidden(self, number: int) -> "Ring":
        """Return the ring with hidden neurons that divide the widest gaps between the others."""
        recorded = self.angles[: len(self.angles) - self.n_hidden]
        starts = np.sort(recorded % (2 * np.pi))
        gaps = np.diff(starts, append=starts[0] + 2 * np.pi)
        within = np.zeros(len(gaps), dtype=int)
        for _ in range(number):
            within[np.argmax(gaps / (within + 1))] += 1
        places = [
            start + gap * np.arange(1, n + 1) / (n + 1)
            for start, gap, n in zip(starts, gaps, within, strict=True)
        ]
        return replace(self, angles=np.concatenate((recorded, *places)), n_hidden=number)

    def with_harmonics(self, number: int) -> "Ring":
        """Return the ring with more harmonics, which are zero, or with fewer."""
        kept = min(number, len(self.cosines))
        rest = np.zeros(number - kept)
        cosines, sines = self.cosines[:kept], self.sines[:kept]
        return replace(self, cosines=np.append(cosines, rest), sines=np.append(sines, rest))

    def refit(self, train: Quadratic, directed: bool) -> "Ring":
        """Fit the ring to an expansion, from where it stands."""
        return _minimum(train, self, directed, _STEPS)

    def response(
        self, other: Quadratic, directed: bool, draw: int
    ) -> Float[np.ndarray, "post pre"]:
        """Return how the weights change if the structure is fitted to another likelihood."""
        del draw  # nothing else is random
        return np.asarray(self.refit(other, directed).weights - self.weights)


def fit_ring(train: Quadratic, weights: Float[np.ndarray, "post pre"], directed: bool) -> Ring:
    """Fit a ring; the number of harmonics is that of the least Bayesian information criterion.

    A part of the recording that is kept apart could choose it too, but is a small part, and some
    recordings would be content with a profile that is cut off.

    Parameters
    ----------
    train
        Expansion of the likelihood.
    weights
        First guess, which tells the first angles: by leading eigenvectors, and by orders in which
        neighbours have similar weights.
    directed
        Whether the profile may be asymmetric.

    References
    ----------
    Schwarz (1978), doi:10.1214/aos/1176344136.
    """
    first = min(
        (
            _minimum(train, guess, directed, _FIRST_STEPS)
            for guess in _first_guesses(weights, _HARMONICS[1])
        ),
        key=lambda found: train.loss(found.weights),
    )
    price = (2 if directed else 1) * np.log(train.n_spikes) / 2
    fits: list[Ring] = []
    for number in sorted({min(number, len(weights) // 2 + 1) for number in _HARMONICS}):
        # With too few harmonics angles are wrong, from which more do not find back.
        start = fits[-1] if number > _HARMONICS[1] else first
        fits.append(start.with_harmonics(number).refit(train, directed))
    return min(fits, key=lambda fit: train.loss(fit.weights) + price * len(fit.cosines))


def _first_guesses(weights: Float[np.ndarray, "post pre"], harmonics: int) -> Iterator[Ring]:
    """Guess angles from the weights, and fit a profile to each guess."""
    for angles in _by_eigenvectors(weights):
        yield with_profile(angles, weights, harmonics)
    apart = ~np.eye(len(weights), dtype=bool)
    yield from heapq.nsmallest(
        _ARRANGEMENTS,
        (with_profile(angles, weights, harmonics) for angles in arrangements(weights)),
        key=lambda ring: ((ring.weights - weights)[apart] ** 2).sum(),
    )


def with_profile(
    angles: Float[np.ndarray, " neurons"], weights: Float[np.ndarray, "post pre"], harmonics: int
) -> Ring:
    """Return the ring with some angles whose weights are nearest to others."""
    apart = ~np.eye(len(weights), dtype=bool)
    turns = np.arange(harmonics)[:, None, None] * (angles[:, None] - angles[None, :])
    design = np.concatenate((np.cos(turns), np.sin(turns[1:])))[:, apart].T
    found, *_ = np.linalg.lstsq(design, weights[apart], rcond=None)
    return Ring(angles, found[:harmonics], np.append(0.0, found[harmonics:]))


def _by_eigenvectors(weights: Float[np.ndarray, "post pre"]) -> Iterator[np.ndarray]:
    """Take the angles from each two leading eigenvectors of the symmetric part.

    On a ring without gaps some two are a sine and a cosine once around.
    """
    values, vectors = np.linalg.eigh((weights + weights.T) / 2)
    leading = np.argsort(-np.abs(values))[:_VECTORS]
    for first, second in itertools.combinations(leading, 2):
        yield np.arctan2(vectors[:, second], vectors[:, first])


def _minimum(quadratic: Quadratic, start: Ring, directed: bool, n_steps: int) -> Ring:
    """Return the ring of least loss near another."""
    n, k = len(start.angles), np.arange(len(start.cosines))
    n_seen = n - start.n_hidden

    def ring_of(flat: np.ndarray) -> Ring:
        sines = flat[n + len(k) :] if directed else np.zeros(len(k))
        return Ring(flat[:n], flat[n : n + len(k)], sines, start.n_hidden)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        ring = ring_of(flat)
        cos, sin = waves = _waves(ring.angles, len(k))
        weights = _combined(waves, ring.cosines, ring.sines)
        value, seen = quadratic.loss_and_slope(weights[:n_seen])
        slope = np.concatenate((seen, np.zeros((ring.n_hidden, n))))
        # What each wave receives from, and sends to, the others.
        from_cos, from_sin, to_cos, to_sin = slope @ cos, slope @ sin, slope.T @ cos, slope.T @ sin
        by_cos = (from_cos + to_cos) * ring.cosines + (to_sin - from_sin) * ring.sines
        by_sin = (from_sin + to_sin) * ring.cosines + (from_cos - to_cos) * ring.sines
        parts = [
            (k * (cos * by_sin - sin * by_cos)).sum(axis=1),
            (cos * from_cos + sin * from_sin).sum(axis=0),
        ]
        if directed:
            parts.append((sin * from_cos - cos * from_sin).sum(axis=0))
        return value, np.concatenate(parts)

    first = np.concatenate((start.angles, start.cosines, start.sines if directed else []))
    options = {"maxiter": n_steps, "maxfun": 2 * n_steps, "maxcor": 30}
    return ring_of(minimize(loss, first, jac=True, method="L-BFGS-B", options=options).x)


def _waves(
    angles: Float[np.ndarray, " neurons"], harmonics: int
) -> tuple[Float[np.ndarray, "neurons harmonics"], Float[np.ndarray, "neurons harmonics"]]:
    """Return the cosines and sines of the multiples of all angles."""
    turns = angles[:, None] * np.arange(harmonics)
    return np.cos(turns), np.sin(turns)


def _combined(
    waves: tuple[np.ndarray, np.ndarray], cosines: np.ndarray, sines: np.ndarray
) -> Float[np.ndarray, "post pre"]:
    """Return the weights with a diagonal; a wave of a difference is a product of waves."""
    cos, sin = waves
    weights = (cos * cosines) @ cos.T + (sin * cosines) @ sin.T
    return np.asarray(weights + (sin * sines) @ cos.T - (cos * sines) @ sin.T)
