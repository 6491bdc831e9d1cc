"""How alike the weights of the same cells are in two recordings, and what chance gives."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import rankdata

#: Percentiles of the null that are reported.
_BETWEEN = (2.5, 97.5)


class Resemblance(NamedTuple):
    """How alike two weight matrices are; see :func:`resemblance`.

    Parameters
    ----------
    value
        Rank correlation of the weights, without the diagonal; NaN of fewer than three pairs.
    low, high
        Between these lie 95 % of the values with cells relabelled at random.
    chance
        Part of the relabellings that reach the value.
    """

    value: float
    low: float
    high: float
    chance: float


def resemblance(
    first: Float[np.ndarray, "post pre"],
    second: Float[np.ndarray, "post pre"],
    given: Float[np.ndarray, "post pre"] | None = None,
    n_relabelled: int = 1000,
    seed: int = 0,
) -> Resemblance:
    """Correlate the ranks of the weights between the same cells, pair by pair.

    Ranks do not mind another link, or the size of a weight that hardly anything determines. Pairs
    that share a cell are not independent. So the null relabels the cells of one matrix, which keeps
    the row and the column of a cell together.

    Parameters
    ----------
    first, second
        Weights, shape ``(post, pre)``; the diagonal is not read, pairs with NaN are left out.
    given
        Further weights that are taken out of both by regression of the ranks: what the two share is
        then beyond these.
    n_relabelled, seed
        Number of relabellings and their seed.

    References
    ----------
    Mantel (1967), *Cancer Research* 27, 209-220.
    """
    known = _pairs(first) & _pairs(second)
    if given is not None:
        known &= _pairs(given)
    cells = np.flatnonzero(known.any(axis=1))
    if known.sum() < 3:
        return Resemblance(*[float("nan")] * 4)
    first, second = _ranked(first, known), _ranked(second, known)
    if given is not None:
        third = _ranked(given, known)
        first, second = (_beyond(each, third, known) for each in (first, second))
    rng, values = np.random.default_rng(seed), np.empty(n_relabelled)
    for k in range(n_relabelled):
        order = np.arange(len(first))
        order[cells] = rng.permutation(cells)
        values[k] = _correlation(first, second[np.ix_(order, order)], known)
    value = _correlation(first, second, known)
    low, high = np.percentile(values, _BETWEEN)
    # The cells as they are count as one of their orders.
    reached = (1 + (values >= value).sum()) / (1 + n_relabelled)
    return Resemblance(value, float(low), float(high), float(reached))


def _pairs(weights: Float[np.ndarray, "post pre"]) -> Bool[np.ndarray, "post pre"]:
    return np.asarray(np.isfinite(weights) & ~np.eye(len(weights), dtype=bool))


def _ranked(
    weights: Float[np.ndarray, "post pre"], known: Bool[np.ndarray, "post pre"]
) -> Float[np.ndarray, "post pre"]:
    ranks = np.full(weights.shape, np.nan)
    ranks[known] = rankdata(weights[known])
    return ranks


def _beyond(
    ranks: Float[np.ndarray, "post pre"],
    other: Float[np.ndarray, "post pre"],
    known: Bool[np.ndarray, "post pre"],
) -> Float[np.ndarray, "post pre"]:
    """Return what a linear regression on other ranks leaves."""
    centred = other - other[known].mean()
    slope = float((centred[known] * ranks[known]).sum() / (centred[known] ** 2).sum())
    return np.asarray(ranks - slope * centred - ranks[known].mean())


def _correlation(
    first: Float[np.ndarray, "post pre"],
    second: Float[np.ndarray, "post pre"],
    known: Bool[np.ndarray, "post pre"],
) -> float:
    known = known & np.isfinite(second)
    return float(np.corrcoef(first[known], second[known])[0, 1])
