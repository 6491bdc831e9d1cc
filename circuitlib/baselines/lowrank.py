"""Poisson regressions that share symmetric weights of low rank, chosen by held-out spikes."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize
from tqdm.auto import tqdm

from circuitlib.baselines.poisson import Regressions
from circuitlib.baselines.ridge import held_in
from circuitlib.baselines.symmetric import maximize_symmetric

Rank = int | Literal["validation"]

#: How many ranks in a row may predict worse before the search ends.
_PATIENCE = 4
#: Quadratic models of the loss that are minimized one after the other at most, and the change of
#: the loss, in nats per parameter, below which the last has done.
_MODELS, _TOLERANCE = 8, 1e-3
#: Steps of one minimization.
_STEPS = 1_000


def maximize_low_rank(
    regressions: Regressions, rank: Rank, progress: bool = False
) -> tuple[Float[np.ndarray, "neurons parameters"], int]:
    r"""Fit all regressions together, with weights :math:`W = U S U^T` off the diagonal.

    U has `rank` columns, and S holds their signs, which are those of the largest eigenvalues (in
    size) of the symmetric weights without this restriction. The likelihood is maximized by
    quadratic models of it, each the best of its rank. Nothing is assumed about the order of the
    neurons; that neighbours on a ring have similar weights shows as a low rank.

    Parameters
    ----------
    regressions
        The data and settings, with one feature a neuron and all others used.
    rank
        Number of columns of U, or ``"validation"``: on the first eight ninths of the bins ranks 1,
        2, ... are fitted until four in a row do not raise the log likelihood of the last ninth.
    progress
        Show a progress bar.

    Returns
    -------
    parameters, rank
        Parameters ``(neurons, features + 2)`` and the rank.

    Raises
    ------
    ValueError
        If the rank is out of range.
    """
    n_neurons = len(regressions.used)
    number = isinstance(rank, int) and not isinstance(rank, bool)
    if rank != "validation" and not (number and 1 <= rank <= n_neurons):
        raise ValueError(
            f'`rank` must lie between 1 and {n_neurons}, or be "validation", got {rank!r}'
        )
    start = None
    if isinstance(rank, str):
        rank, start = _best_rank(regressions, progress)
    start = maximize_symmetric(regressions, start, progress=progress)
    return _descend(regressions, start, rank), rank


def _best_rank(
    regressions: Regressions, progress: bool
) -> tuple[int, Float[np.ndarray, "neurons parameters"]]:
    """Return the rank that predicts best, and the parameters without a restriction."""
    cut = held_in(regressions)
    train, validation = regressions.part(slice(0, cut)), regressions.part(slice(cut, None))
    center = train.center()
    start = maximize_symmetric(train, progress=progress)
    model = _Quadratic.at(train, start, center)
    best, best_loss = 1, np.inf
    ranks = range(1, len(start) + 1)
    for rank in tqdm(ranks, desc="rank", disable=not progress, leave=False):
        loss, _ = validation.loss(model.minimum(start[:, :-2], rank), center)
        if loss < best_loss:
            best, best_loss = rank, loss
        elif rank - best >= _PATIENCE:
            break
    return best, start


def _descend(
    regressions: Regressions, start: Float[np.ndarray, "neurons parameters"], rank: int
) -> Float[np.ndarray, "neurons parameters"]:
    """Minimize one quadratic model of the loss after the other, among weights of one rank."""
    center = regressions.center()
    weights = start[:, :-2]
    parameters = _Quadratic.at(regressions, start, center).minimum(weights, rank)
    loss, _ = regressions.loss(parameters, center)
    for _ in range(_MODELS):
        proposed = _Quadratic.at(regressions, parameters, center).minimum(weights, rank)
        proposed_loss, _ = regressions.loss(proposed, center)
        gain = loss - proposed_loss
        if gain > 0:
            parameters, loss = proposed, proposed_loss
        if gain <= _TOLERANCE * rank * len(start):
            break
    return parameters


@dataclass(frozen=True, eq=False)
class _Quadratic:
    """A quadratic model of the loss around some parameters, with the ends at their best."""

    parameters: Float[np.ndarray, "neurons parameters"]
    gradient: Float[np.ndarray, "neurons features"]
    curvature: Float[np.ndarray, "neurons features features"]
    ends: Float[np.ndarray, "neurons 2"]  # their change, without a change of the weights
    mixing: Float[np.ndarray, "neurons 2 features"]  # and what the weights take from it

    @classmethod
    def at(
        cls,
        regressions: Regressions,
        parameters: Float[np.ndarray, "neurons parameters"],
        center: Float[np.ndarray, " features"],
    ) -> "_Quadratic":
        """Make the model, with the estimated information as its curvature."""
        _, gradient = regressions.loss(parameters, center)
        information = regressions.information(parameters, center)
        free = regressions.free()[:, -2:]
        inner = information[:, -2:, -2:] * (free[:, :, None] & free[:, None, :])
        inner += np.eye(2) * ~free[:, :, None]  # the log link has no gain to learn
        cross = information[:, -2:, :-2] * free[:, :, None]
        mixing = np.linalg.solve(inner, cross)
        ends = -np.linalg.solve(inner, gradient[:, -2:, None])[..., 0]
        return cls(
            parameters,
            gradient[:, :-2] + np.einsum("nef,ne->nf", cross, ends),
            information[:, :-2, :-2] - np.einsum("nef,neg->nfg", cross, mixing),
            ends,
            mixing,
        )

    def minimum(
        self, weights: Float[np.ndarray, "neurons features"], rank: int
    ) -> Float[np.ndarray, "neurons parameters"]:
        """Return the parameters of one rank with the least loss, from the modes of `weights`."""
        modes, signs = _leading_modes(weights, rank)
        origin = self.parameters[:, :-2]
        away = ~np.eye(len(origin), dtype=bool)

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            u = flat.reshape(modes.shape)
            change = ((u * signs) @ u.T - origin) * away
            pull = (self.curvature @ change[..., None])[..., 0] * away
            value = float((change * (self.gradient + pull / 2)).sum())
            by_weights = (self.gradient + pull) * away
            return value, ((by_weights + by_weights.T) @ (u * signs)).ravel()

        options = {"maxiter": _STEPS, "maxfun": 2 * _STEPS, "maxcor": 30}
        found = minimize(loss, modes.ravel(), jac=True, method="L-BFGS-B", options=options)
        u = found.x.reshape(modes.shape)
        weights = (u * signs) @ u.T * away
        change = weights - origin
        ends = self.ends - np.einsum("nef,nf->ne", self.mixing, change)
        return np.concatenate((weights, self.parameters[:, -2:] + ends), axis=1)


def _leading_modes(
    weights: Float[np.ndarray, "neurons features"], rank: int
) -> tuple[Float[np.ndarray, "neurons rank"], Float[np.ndarray, " rank"]]:
    """Return the eigenvectors of the largest eigenvalues (in size), scaled, and their signs."""
    values, vectors = np.linalg.eigh(weights)
    leading = np.argsort(-np.abs(values))[:rank]
    return vectors[:, leading] * np.sqrt(np.abs(values[leading])), np.sign(values[leading])
