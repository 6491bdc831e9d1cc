"""Which neurons are meant, the same on every kind of recording."""

import numpy as np
from jaxtyping import Int


def chosen(neurons: object, n_neurons: int) -> Int[np.ndarray, " chosen"]:
    """Return the neurons that a selection means.

    Parameters
    ----------
    neurons
        Numbers of neurons from 0 on, in any order, or a mask with one truth value for each neuron.
    n_neurons
        Neurons of the recording.

    Returns
    -------
    array
        Their numbers, shape ``(chosen,)``.

    Raises
    ------
    ValueError
        If the selection is neither, is empty, or names a neuron that the recording has not.
    """
    given = np.atleast_1d(np.asarray(neurons))
    if given.ndim != 1 or given.dtype.kind not in "biu":
        raise ValueError(
            "`neurons` must be numbers of neurons or a mask, one-dimensional, "
            f"got shape {given.shape} and type {given.dtype}"
        )
    if given.dtype.kind == "b":
        if len(given) != n_neurons:
            raise ValueError(
                f"a mask must have a truth value for each of the {n_neurons} neurons, "
                f"got {len(given)}"
            )
        given = np.flatnonzero(given)
    if len(given) == 0:
        raise ValueError("`neurons` chooses no neuron")
    if given.min() < 0 or given.max() >= n_neurons:
        raise ValueError(
            f"`neurons` must lie between 0 and {n_neurons - 1}, got {given.min()} to {given.max()}"
        )
    return given.astype(np.int64)
