"""One number for local excitation with surround inhibition: near weights minus far ones."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from circuitlib.head_direction.tuning import angular_distance

#: Pairs are near below the first of these angles, and far beyond the second (radians).
NEAR, FAR = np.pi / 4, np.pi / 2


class Contrast(NamedTuple):
    """Mean weight of near pairs minus that of far ones; see :func:`contrast`.

    Parameters
    ----------
    value
        In the unit of the weights; NaN if there are no near or no far pairs.
    error
        Standard error from the jackknife over cells.
    by_weights
        The same from the standard errors of the weights, as if these were independent; NaN without
        them.
    """

    value: float
    error: float
    by_weights: float


def contrast(
    weights: Float[np.ndarray, "post pre"],
    preferred: Float[np.ndarray, " neurons"],
    errors: Float[np.ndarray, "post pre"] | None = None,
) -> Contrast:
    """Return the mean weight of pairs less than 45 degrees apart, minus that beyond 90 degrees.

    A ring attractor has a positive contrast. Pairs that share a cell are not independent, so the
    error leaves out one cell at a time.

    Parameters
    ----------
    weights
        Shape ``(post, pre)``; the diagonal is not read, NaN is left out.
    preferred
        Preferred directions in radians.
    errors
        Standard errors of the weights.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    References
    ----------
    Efron & Stein (1981), doi:10.1214/aos/1176345462, for the jackknife.
    """
    n = len(preferred)
    if weights.shape != (n, n):
        raise ValueError(f"`weights` must have shape ({n}, {n}), got {weights.shape}")
    left_out = np.array([_contrast(weights, preferred, np.arange(n) != cell) for cell in range(n)])
    spread = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    by_weights = float("nan")
    if errors is not None:
        shares = [errors[pairs] ** 2 for pairs in _near_and_far(weights, preferred)]
        by_weights = float(np.sqrt(sum(np.nansum(each) / len(each) ** 2 for each in shares)))
    return Contrast(
        _contrast(weights, preferred, np.ones(n, dtype=bool)), float(spread), by_weights
    )


def _contrast(weights: np.ndarray, preferred: np.ndarray, cells: np.ndarray) -> float:
    part, directions = weights[np.ix_(cells, cells)], preferred[cells]
    near, far = (part[pairs] for pairs in _near_and_far(part, directions))
    return float(near.mean() - far.mean()) if len(near) and len(far) else float("nan")


def _near_and_far(weights: np.ndarray, preferred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    angle = angular_distance(preferred[:, None], preferred)
    known = np.isfinite(weights) & ~np.eye(len(weights), dtype=bool)
    return known & (angle < NEAR), known & (angle > FAR)
