"""Poisson regressions that share symmetric weights of low rank, chosen by held-out spikes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize
from tqdm.auto import tqdm

from circuitlib.methods.glm.regressions import Regressions
from circuitlib.methods.glm.ridge import held_in
from circuitlib.methods.glm.symmetric import maximize_symmetric

Rank = int | Literal["validation"]

#: How many ranks in a row may predict worse before the search ends.
_PATIENCE = 4
#: Quadratic models of the loss that are minimized one after the other at most, and the change of
#: the loss, in nats per parameter, below which the last has done.
_MODELS, _TOLERANCE = 8, 1e-3
#: Steps of one minimization.
_STEPS = 200


def maximize_low_rank(
    regressions: Regressions, rank: Rank, progress: bool = False
) -> tuple[Float[np.ndarray, "neurons parameters"], int]:
    r"""Fit all regressions together, with weights :math:`W = U S U^T` off the diagonal.

    U has `rank` columns, and S holds a sign for each. From the symmetric weights without this
    restriction the rank is lowered by half, then by a tenth at a time, or by one. Each time the
    weakest modes are left out, and the others adapt to a quadratic model of the likelihood, in
    which what the data say little about counts little; models about the weights of the final rank
    follow. Nothing is assumed about the order of the neurons: that neighbours on a ring have
    similar weights shows as a low rank.

    Parameters
    ----------
    regressions
        The data and settings, with one feature a neuron and all others used.
    rank
        Number of columns of U, or ``"validation"``: on the first eight ninths of the bins the rank
        is lowered until four in a row do not raise the log likelihood of the last ninth.
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
    # The rank is cut from it, which changes more than the rest of a valley would.
    start = maximize_symmetric(regressions, start, progress=progress, valleys=False)
    return _descend(regressions, start, rank), rank


def _best_rank(
    regressions: Regressions, progress: bool
) -> tuple[int, Float[np.ndarray, "neurons parameters"]]:
    """Return the rank that predicts best, and the parameters without a restriction."""
    cut = held_in(regressions)
    train, validation = regressions.part(slice(0, cut)), regressions.part(slice(cut, None))
    center = train.center()
    start = maximize_symmetric(train, progress=progress, valleys=False)
    path = _path(_Quadratic.at(train, start, center), 1)
    best, best_loss, n_worse = len(start), np.inf, 0
    for rank, _, parameters in tqdm(path, desc="rank", disable=not progress, leave=False):
        loss, _ = validation.loss(parameters, center)
        if loss < best_loss:
            best, best_loss, n_worse = rank, loss, 0
        else:
            n_worse += 1
        if n_worse == _PATIENCE:
            break
    return best, start


def _path(model: "_Quadratic", last: int) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Yield lower and lower ranks, their weights with a diagonal, and their parameters."""
    free = weights = model.parameters[:, :-2]
    rank = len(weights)
    while True:
        # From the modes of the rank before, and from those without restriction: there are minima
        # that are not the least.
        _, weights, parameters = min(
            (model.minimum(start, rank) for start in (weights, free)), key=lambda found: found[0]
        )
        yield rank, weights, parameters
        if rank == last:
            return
        drop = rank // 2 if rank == len(free) else max(1, rank // 10)
        rank = max(last, rank - drop)


def _descend(
    regressions: Regressions, start: Float[np.ndarray, "neurons parameters"], rank: int
) -> Float[np.ndarray, "neurons parameters"]:
    """Minimize one quadratic model of the loss after the other, down to weights of one rank."""
    center = regressions.center()
    *_, (_, weights, parameters) = _path(_Quadratic.at(regressions, start, center), rank)
    loss, _ = regressions.loss(parameters, center)
    for _ in range(_MODELS):
        model = _Quadratic.at(regressions, parameters, center)
        _, weights, proposed = model.minimum(weights, rank)
        proposed_loss, _ = regressions.loss(proposed, center)
        gain = loss - proposed_loss
        if gain > 0:
            parameters, loss = proposed, proposed_loss
        if gain <= _TOLERANCE * rank * len(start):
            break
    return parameters


@dataclass(frozen=True, eq=False)
class _Quadratic:
    """A quadratic model of the loss around some parameters, with the link terms at their best."""

    parameters: Float[np.ndarray, "neurons parameters"]
    gradient: Float[np.ndarray, "neurons features"]
    curvature: Float[np.ndarray, "neurons features features"]
    link_terms: Float[np.ndarray, "neurons 2"]  # their change, without a change of the weights
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
        link_terms = -np.linalg.solve(inner, gradient[:, -2:, None])[..., 0]
        return cls(
            parameters,
            gradient[:, :-2] + np.einsum("nef,ne->nf", cross, link_terms),
            information[:, :-2, :-2] - np.einsum("nef,neg->nfg", cross, mixing),
            link_terms,
            mixing,
        )

    def minimum(
        self, weights: Float[np.ndarray, "neurons features"], rank: int
    ) -> tuple[
        float, Float[np.ndarray, "neurons features"], Float[np.ndarray, "neurons parameters"]
    ]:
        """Return loss and weights of one rank at a minimum, from the leading modes of others.

        The weights have the diagonal that belongs to their rank; the parameters have none.
        """
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
        weights = (u * signs) @ u.T
        link_terms = self.link_terms - np.einsum("nef,nf->ne", self.mixing, weights * away - origin)
        parameters = np.concatenate((weights * away, self.parameters[:, -2:] + link_terms), axis=1)
        return float(found.fun), weights, parameters


def _leading_modes(
    weights: Float[np.ndarray, "neurons features"], rank: int
) -> tuple[Float[np.ndarray, "neurons rank"], Float[np.ndarray, " rank"]]:
    """Return the eigenvectors of the largest eigenvalues (in size), scaled, and their signs."""
    values, vectors = np.linalg.eigh(weights)
    leading = np.argsort(-np.abs(values))[:rank]
    return vectors[:, leading] * np.sqrt(np.abs(values[leading])), np.sign(values[leading])
