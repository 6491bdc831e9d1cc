"""Which inferred weights are beyond chance."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import false_discovery_control, norm


def discoveries(
    weights: Float[np.ndarray, "post pre"],
    errors: Float[np.ndarray, "post pre"],
    rate: float = 0.05,
) -> Bool[np.ndarray, "post pre"]:
    """List the connections that are there, at a false discovery rate.

    A weight over its standard error, the z-score, is taken for normal with a variance of one where
    there is no connection. Of the connections in the list, a part of `rate` is expected to be none.

    Parameters
    ----------
    weights
        Inferred weights; NaN where not inferred.
    errors
        Their standard errors. Those of neurons on themselves are not read.
    rate
        The false discovery rate.

    Returns
    -------
    array
        Which connections are in the list; none of a neuron on itself.

    Raises
    ------
    ValueError
        If the rate is not between 0 and 1, or no weight has an error.

    References
    ----------
    Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x.
    """
    if not 0 < rate < 1:
        raise ValueError(f"`rate` must lie between 0 and 1, got {rate}")
    known = np.isfinite(weights) & (errors > 0) & ~np.eye(len(weights), dtype=bool)
    if not known.any():
        raise ValueError("no weight has an error; the method gives none")
    chance = 2 * norm.sf(np.abs(weights[known] / errors[known]))
    found = np.zeros(weights.shape, dtype=bool)
    found[known] = false_discovery_control(chance) <= rate
    return found
