"""Places of neurons on a ring of nodes."""

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import linear_sum_assignment

from circuitlib.head_direction.tuning import angular_distance


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
    distance = angular_distance(preferred[:, None], places)  # (neurons, nodes)
    _, nodes = linear_sum_assignment(distance**2)
    return np.asarray(nodes, dtype=int)
