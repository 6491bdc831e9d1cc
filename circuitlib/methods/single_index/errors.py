"""How sure a result is: standard errors of weights, and of a difference of likelihoods."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from circuitlib.methods.single_index.quadratic import Quadratic


def free_errors(quadratic: Quadratic, symmetric: bool) -> Float[np.ndarray, "post pre"]:
    """Return the standard errors of weights that are free: Cramér-Rao's bound.

    Parameters
    ----------
    quadratic
        The likelihood about the weights.
    symmetric
        Whether weights are equal in both directions. Both neurons of a pair then tell of the same
        weight, and count as independent.

    Returns
    -------
    array
        Shape ``(post, pre)``, in the unit of the weights; NaN on the diagonal.
    """
    n = len(quadratic.origin)
    variances = np.full((n, n), np.nan)
    for post, curvature in enumerate(quadratic.curvature):
        others = np.delete(np.arange(n), post)
        inverse = np.linalg.inv(curvature[np.ix_(others, others)].astype(np.float64))
        variances[post, others] = np.diagonal(inverse)
    if symmetric:
        variances = 1 / (1 / variances + 1 / variances.T)
    return np.asarray(np.sqrt(variances))


def structured_errors(
    quadratic: Quadratic,
    response: Callable[[Quadratic, int], Float[np.ndarray, "post pre"]],
    n_draws: int,
    seed: int,
    progress: bool = False,
) -> Float[np.ndarray, "post pre"]:
    """Return the standard errors of weights that a structure ties together.

    The structure is fitted anew to likelihoods as other recordings would have given them: the
    curvature stays, and the gradient gets the noise that belongs to it (a parametric bootstrap).

    Parameters
    ----------
    quadratic
        The likelihood to which the structure was fitted.
    response
        Fits it again to another likelihood, that of a draw with some number, and returns the change
        of the weights.
    n_draws, seed
        Number of fits, and seed of their noise.
    progress
        Show a progress bar.

    Returns
    -------
    array
        Shape ``(post, pre)``, in the unit of the weights; NaN on the diagonal.
    """
    rng, (n, m) = np.random.default_rng(seed), quadratic.origin.shape
    roots = np.zeros((n, m, m), dtype=np.float32)
    for post, curvature in enumerate(quadratic.curvature):
        others = np.delete(np.arange(m), post)
        block = np.ix_(others, others)
        roots[post][block] = np.linalg.cholesky(curvature[block].astype(np.float64))
    square = np.zeros((n, m))
    for draw in tqdm(range(n_draws), desc="errors", disable=not progress, leave=False):
        noise = (roots @ rng.standard_normal((n, m, 1), dtype=np.float32))[..., 0]
        other = replace(quadratic, gradient=quadratic.gradient + noise)
        square += response(other, draw) ** 2
    errors = np.sqrt(square / n_draws)
    np.fill_diagonal(errors, np.nan)
    return np.asarray(errors)


class Advantage(NamedTuple):
    """How much better one model predicts than another.

    Parameters
    ----------
    nats_per_spike
        Difference of the log likelihoods; positive if the first model predicts better.
    error
        Its standard error.
    """

    nats_per_spike: float
    error: float


def advantage_over_free(gains: Float[np.ndarray, " neurons"], n_spikes: int) -> Advantage:
    """Return the advantage of a structure over free weights, from its part at each neuron.

    The error comes from the scatter over postsynaptic neurons.

    Parameters
    ----------
    gains
        How much smaller the loss of unseen spikes is with the structure, in nats.
    n_spikes
        Number of these spikes.
    """
    error = np.sqrt(len(gains)) * gains.std(ddof=1) / n_spikes
    return Advantage(float(gains.sum() / n_spikes), float(error))
