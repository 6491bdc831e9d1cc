"""Places of neurons on a ring of nodes, and what is known at a place on to its neighbours."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment


class AngularProfile(NamedTuple):
    """Mean weight against angular distance; see :func:`angular_profile`."""

    angles: Float[np.ndarray, " bins"]
    mean: Float[np.ndarray, " bins"]
    error: Float[np.ndarray, " bins"]
    n_pairs: Int[np.ndarray, " bins"]


def place_on_ring(
    preferred: Float[np.ndarray, " neurons"], n_nodes: int = 100
) -> Int[np.ndarray, " neurons"]:
    """Give each neuron its own node of the ring, as near as possible to its preferred direction.

    Node `k` stands at ``2 pi k / n_nodes``. Where several neurons want one node, the sum of the
    squared angular displacements decides who moves.

    Parameters
    ----------
    preferred
        Preferred directions in radians, shape ``(neurons,)``.
    n_nodes
        Number of nodes.

    Returns
    -------
    array
        Node of each neuron, shape ``(neurons,)``, all different.

    Raises
    ------
    ValueError
        If there are more neurons than nodes, or a direction is NaN.

    Examples
    --------
    >>> place_on_ring(np.array([0.0, np.pi, 0.0, -0.01]), n_nodes=8).tolist()
    [0, 4, 1, 7]
    """
    if len(preferred) > n_nodes:
        raise ValueError(f"{len(preferred)} neurons do not fit on `n_nodes` = {n_nodes} nodes")
    if not np.isfinite(preferred).all():
        raise ValueError(
            "`preferred` holds NaN; leave out neurons that have no preferred direction"
        )
    places = 2 * np.pi * np.arange(n_nodes) / n_nodes
    distance = _angular_distance(preferred[:, None], places)  # (neurons, nodes)
    _, nodes = linear_sum_assignment(distance**2)
    return np.asarray(nodes, dtype=int)


def spread_matrix(
    nodes: Int[np.ndarray, " observed"], n_nodes: int = 100
) -> Float[np.ndarray, "nodes observed"]:
    """Matrix that carries values known at observed nodes to all nodes of the ring.

    The row of an observed node is a row of the identity. The row of a hidden node interpolates
    linearly between the nearest observed nodes on its two sides, around the circle.

    Parameters
    ----------
    nodes
        Node of each observed neuron, in any order, all different, shape ``(observed,)``.
    n_nodes
        Number of nodes of the ring.

    Returns
    -------
    array
        Shape ``(nodes, observed)``; no entry is negative and every row sums to one.

    Raises
    ------
    ValueError
        If there is no observed node, or a node is repeated or not on the ring.

    Examples
    --------
    >>> spread_matrix(np.array([0, 2]), n_nodes=4)
    array([[1. , 0. ],
           [0.5, 0.5],
           [0. , 1. ],
           [0.5, 0.5]])
    """
    if len(nodes) == 0:
        raise ValueError("`nodes` is empty; at least one neuron must be observed")
    if nodes.min() < 0 or nodes.max() >= n_nodes:
        raise ValueError(f"`nodes` must lie between 0 and {n_nodes - 1}, got {nodes.tolist()}")
    if len(np.unique(nodes)) < len(nodes):
        raise ValueError("`nodes` must all be different; see `place_on_ring`")
    order = np.argsort(nodes)
    # Once more around the circle on either side, so that every node lies between two.
    around = np.concatenate([nodes[order] - n_nodes, nodes[order], nodes[order] + n_nodes])
    neuron = np.tile(order, 3)
    places = np.arange(n_nodes)
    right = np.searchsorted(around, places)  # first observed node at or after each place
    left = right - 1
    part = (places - around[left]) / (around[right] - around[left])
    spread = np.zeros((n_nodes, len(nodes)))
    np.add.at(spread, (places, neuron[left]), 1 - part)
    np.add.at(spread, (places, neuron[right]), part)
    return spread


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
    distance = _angular_distance(preferred[first], preferred[second])
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


def _angular_distance(
    one: Float[np.ndarray, "*#shape"], other: Float[np.ndarray, "*#shape"]
) -> Float[np.ndarray, "..."]:
    """Absolute angle between directions, from 0 to pi."""
    return np.asarray(np.abs(np.mod(one - other + np.pi, 2 * np.pi) - np.pi))
