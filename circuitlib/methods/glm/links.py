r"""From a linear drive to expected counts.

Every neuron has the drive :math:`z = b + \sum_j w_j x_j` and the expected count

- ``"log"``: :math:`\lambda = c\, e^z`,
- ``"rectified"``: :math:`\lambda = c \log(1 + e^z)`, nearly :math:`c z` above threshold,

with a gain c. For each of them, and a fixed gain, the Poisson log likelihood is concave in z
(Paninski 2004, doi:10.1088/0954-898X_15_4_002).
"""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Num, Shaped

Link = Literal["log", "rectified"]

#: Bins of one matrix product.
_CHUNK = 2_048
#: Bound of exponents, for which exp() has room in single precision.
_LARGEST = 60.0


class Response(NamedTuple):
    """Rates of a link at given drives, each of shape ``(time, neurons)``."""

    rate: Shaped[np.ndarray, "time neurons"]
    log_rate: Shaped[np.ndarray, "time neurons"]
    slope: Shaped[np.ndarray, "time neurons"]  # of log_rate against the drive


def respond(
    link: Link, drive: Float[np.ndarray, "time neurons"], log_gain: Float[np.ndarray, " neurons"]
) -> Response:
    """Evaluate a link.

    Parameters
    ----------
    link
        ``"log"`` or ``"rectified"``.
    drive
        Linear drive z, shape ``(time, neurons)``. The log link holds it below 60, the rectified
        above -60.
    log_gain
        Logarithm of the gain c, shape ``(neurons,)``.

    Returns
    -------
    Response
        Rates, their logarithm and its slope, in the type of `drive`.
    """
    if link == "log":
        drive = np.minimum(drive, _LARGEST)
        log_rate = drive + log_gain
        return Response(np.exp(log_rate), log_rate, np.ones_like(drive))
    drive = np.maximum(drive, -_LARGEST)
    small = np.exp(-np.abs(drive))
    softplus = np.maximum(drive, 0) + _log_of_one_and(small)
    slope = np.where(drive > 0, 1, small) / ((1 + small) * softplus)  # the sigmoid by the softplus
    return Response(softplus * np.exp(log_gain), np.log(softplus) + log_gain, slope)


def _log_of_one_and(small: np.ndarray) -> np.ndarray:
    """Return log(1 + small), as `np.log1p` does, in half the time: Kahan's way by `np.log`."""
    above = 1 + small
    kept = above - 1  # what the sum keeps of it
    lost = kept == 0
    kept += lost
    return np.where(lost, small, np.log(above) * (small / kept))


def mean_effect(
    link: Link,
    features: Num[np.ndarray, "time features"],
    counts: Num[np.ndarray, "time neurons"],
    weights: Float[np.ndarray, "neurons features"],
    link_terms: Float[np.ndarray, "neurons 2"],
) -> Float[np.ndarray, " neurons"]:
    """Average the change of the expected count per unit of drive over a neuron's own spikes.

    Parameters
    ----------
    link, features, weights, link_terms
        As for `predict`.
    counts
        Spikes per bin, shape ``(time, neurons)``; every neuron fires.

    Returns
    -------
    array
        Expected counts per unit of drive, shape ``(neurons,)``.
    """
    total = np.zeros(len(weights))
    for first in range(0, len(features), _CHUNK):
        bins = slice(first, first + _CHUNK)
        response = respond(link, features[bins] @ weights.T + link_terms[:, 0], link_terms[:, 1])
        total += (counts[bins] * response.rate * response.slope).sum(axis=0)
    return np.asarray(total / counts.sum(axis=0, dtype=np.int64))


def predict(
    link: Link,
    features: Num[np.ndarray, "time features"],
    weights: Float[np.ndarray, "neurons features"],
    link_terms: Float[np.ndarray, "neurons 2"],
) -> Float[np.ndarray, "time neurons"]:
    """Compute the expected counts of fitted regressions.

    Parameters
    ----------
    link
        ``"log"`` or ``"rectified"``.
    features
        Regressors, shape ``(time, features)``.
    weights, link_terms
        As `weights_and_link_terms` returns them.

    Returns
    -------
    array
        Expected counts per bin, shape ``(time, neurons)``.
    """
    rates = np.empty((len(features), len(weights)))
    for first in range(0, len(features), _CHUNK):
        bins = slice(first, first + _CHUNK)
        drive = features[bins] @ weights.T + link_terms[:, 0]
        rates[bins] = respond(link, drive, link_terms[:, 1]).rate
    return rates
