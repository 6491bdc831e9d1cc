"""Weights of neurons that nobody recorded, between those of their neighbours on a ring."""

import numpy as np
from jaxtyping import Float


def interpolated(weights: object) -> Float[np.ndarray, "post pre"]:
    """Fill in the weights of unobserved neurons by linear interpolation along both axes.

    It is what the paper does before it scores weights of a part of the neurons. Nothing is learned
    about an unobserved neuron: it gets the weights of the two observed ones beside it.

    Parameters
    ----------
    weights
        Weights of neurons in ring order, shape ``(post, pre)``; the rows and columns of unobserved
        neurons are NaN throughout. On the diagonal of an observed neuron NaN counts as zero.

    Returns
    -------
    array
        The weights without NaN, same shape, those of observed neurons as they were.

    Raises
    ------
    ValueError
        If the shape is not square, or other weights than those of unobserved neurons are NaN.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 4.4.

    Examples
    --------
    >>> nan = np.nan
    >>> interpolated([[0, nan, 4], [nan, nan, nan], [2, nan, 0]])
    array([[0. , 2. , 4. ],
           [1. , 1.5, 2. ],
           [2. , 1. , 0. ]])
    """
    found = np.array(weights, dtype=np.float64)
    if found.ndim != 2 or len(found) != found.shape[1]:
        raise ValueError(f"`weights` must have shape (post, pre), got {found.shape}")
    n = len(found)
    observed = np.flatnonzero(np.isfinite(found).any(axis=1) | np.isfinite(found).any(axis=0))
    if not len(observed):
        raise ValueError("`weights` holds no observed neuron")
    known = found[np.ix_(observed, observed)]
    diagonal = np.diagonal(known)
    np.fill_diagonal(known, np.where(np.isnan(diagonal), 0.0, diagonal))
    if not np.isfinite(known).all():
        raise ValueError("`weights` holds NaN between neurons of which other weights are known")
    # (neurons, observed): the identity at observed neurons, two neighbours elsewhere.
    spread = np.stack(
        [np.interp(np.arange(n), observed, one, period=n) for one in np.eye(len(observed))], axis=1
    )
    return np.asarray(spread @ known @ spread.T)
