"""Mean weight against the angle between preferred directions."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from circuitlib.head_direction.tuning import angular_distance


class AngularProfile(NamedTuple):
    """Mean weight against angular distance; see :func:`angular_profile`."""

    angles: Float[np.ndarray, " bins"]
    mean: Float[np.ndarray, " bins"]
    error: Float[np.ndarray, " bins"]
    n_pairs: Int[np.ndarray, " bins"]


def angular_profile(
    weights: Float[np.ndarray, "post pre"],
    preferred: Float[np.ndarray, " neurons"],
    n_bins: int = 7,
) -> AngularProfile:
    """Mean weight of pairs of neurons against the angle between their preferred directions.

    The two directions of a pair are averaged first, so that a symmetric matrix does not count
    every pair twice.

    Parameters
    ----------
    weights
        Weights, shape ``(post, pre)``; the diagonal is not read, NaN is left out.
    preferred
        Preferred directions in radians, shape ``(neurons,)``.
    n_bins
        Number of equal bins from 0 to pi.

    Returns
    -------
    AngularProfile
        ``angles`` (bin centres, radians), ``mean``, ``error`` (standard error over pairs; pairs
        that share a neuron are not independent, so it is a lower bound) and ``n_pairs``, each of
        shape ``(bins,)``. The mean is NaN in an empty bin, the error in one of fewer than two.
    """
    n_neurons = len(preferred)
    if weights.shape != (n_neurons, n_neurons):
        raise ValueError(
            f"`weights` must have shape ({n_neurons}, {n_neurons}), got {weights.shape}"
        )
    first, second = np.triu_indices(n_neurons, k=1)
    pair = (weights[first, second] + weights[second, first]) / 2
    distance = angular_distance(preferred[first], preferred[second])
    known = np.isfinite(pair) & np.isfinite(distance)
    pair, distance = pair[known], distance[known]
    index = np.minimum((distance / np.pi * n_bins).astype(int), n_bins - 1)
    n_pairs = np.bincount(index, minlength=n_bins)
    total = np.bincount(index, weights=pair, minlength=n_bins)
    mean = np.divide(total, n_pairs, out=np.full(n_bins, np.nan), where=n_pairs > 0)
    squares = np.bincount(index, weights=(pair - mean[index]) ** 2, minlength=n_bins)
    variance = np.full(n_bins, np.nan)
    np.divide(squares, (n_pairs - 1) * n_pairs, out=variance, where=n_pairs > 1)
    centres = (np.arange(n_bins) + 0.5) * np.pi / n_bins
    return AngularProfile(centres, mean, np.sqrt(variance), n_pairs)
