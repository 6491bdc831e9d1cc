"""The order of neurons around a ring, told by how similar their weights are."""

import itertools
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

#: Pieces of the order that are put together in all ways; their number grows fast.
_PIECES = 5
#: Fewer neurons have no order that could be told.
_FEW = 5


def around_the_ring(
    weights: Float[np.ndarray, "post pre"], gap: float
) -> Float[np.ndarray, " neurons"]:
    """Put neurons with similar weights beside each other, and leave a gap.

    Parameters
    ----------
    weights
        Weights ``[post, pre]``.
    gap
        Part of the ring that is left empty where neighbours are least alike.

    Returns
    -------
    array
        Angles in radians, shape ``(neurons,)``.
    """
    distances = _distances(weights)
    order = _order(distances)
    return _angles(np.roll(order, -_steps(order, distances).argmax() - 1), distances, gap)


def arrangements(
    weights: Float[np.ndarray, "post pre"],
) -> Iterator[Float[np.ndarray, " neurons"]]:
    """Yield angles for every way to put together pieces of the order around the ring.

    Where many neurons in a row were not recorded, those on the two sides are no more alike than
    others, so that the order holds only in between.
    """
    distances = _distances(weights)
    order = _order(distances)
    steps = _steps(order, distances)
    cuts = np.sort(np.argsort(-steps)[: min(_PIECES, len(order) - 1)]) + 1
    first, *others = np.split(np.roll(order, -cuts[0]), cuts[1:] - cuts[0])
    for permuted in itertools.permutations(others):
        for ways in itertools.product((1, -1), repeat=len(others)):
            turned = (piece[::way] for piece, way in zip(permuted, ways, strict=True))
            yield _angles(np.concatenate((first, *turned)), distances)


def _distances(weights: Float[np.ndarray, "post pre"]) -> Float[np.ndarray, "neurons neurons"]:
    """Return how far apart the weights of each two neurons are, brought to the same size."""
    symmetric = (weights + weights.T) / 2
    np.fill_diagonal(symmetric, 0)
    with np.errstate(invalid="ignore", divide="ignore"):  # a neuron without connections
        alike = np.nan_to_num(np.corrcoef(symmetric))
    return np.asarray(np.sqrt(np.maximum(1 - alike, 0)) * ~np.eye(len(alike), dtype=bool))


def _order(distances: Float[np.ndarray, "neurons neurons"]) -> Int[np.ndarray, " neurons"]:
    """Return an order with short steps: the nearest come together first."""
    if len(distances) < _FEW:
        return np.arange(len(distances))
    tree = linkage(squareform(distances, checks=False), "single", optimal_ordering=True)
    return np.asarray(leaves_list(tree), dtype=np.int64)


def _steps(
    order: Int[np.ndarray, " neurons"], distances: Float[np.ndarray, "neurons neurons"]
) -> Float[np.ndarray, " neurons"]:
    """Return the distance of each neuron in the order to the next, around the ring."""
    return np.asarray(distances[order, np.roll(order, -1)])


def _angles(
    order: Int[np.ndarray, " neurons"],
    distances: Float[np.ndarray, "neurons neurons"],
    gap: float | None = None,
) -> Float[np.ndarray, " neurons"]:
    """Return angles as far apart as the weights; the gap, if one is given, comes last."""
    steps = _steps(order, distances)
    if gap is not None:
        steps[-1] = gap / (1 - gap) * steps[:-1].sum()
    whole = max(steps.sum(), np.finfo(float).tiny)  # if all weights are the same
    angles = np.zeros(len(order))
    angles[order[1:]] = 2 * np.pi * np.cumsum(steps[:-1]) / whole
    return angles
