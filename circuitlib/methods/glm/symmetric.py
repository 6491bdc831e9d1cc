"""Poisson regressions that share symmetric weights: Fisher scoring with conjugate gradients."""

import numpy as np
from jaxtyping import Bool, Float
from scipy.sparse.linalg import LinearOperator, cg
from tqdm.auto import tqdm

from circuitlib.methods.glm.regressions import Regressions

#: Steps at most, and how often one is halved before the precision of the loss counts as reached.
_STEPS, _HALVINGS = 40, 10
#: Relative precision of a step. The information is an estimate, so more would be wasted.
_STEP_PRECISION = 1e-3


def maximize_symmetric(
    regressions: Regressions,
    start: Float[np.ndarray, "neurons parameters"] | None = None,
    tolerance: float = 1e-2,
    progress: bool = False,
) -> Float[np.ndarray, "neurons parameters"]:
    """Fit all regressions together, with the weight from j to i equal to that from i to j.

    Parameters
    ----------
    regressions
        The data and settings, with one feature a neuron and `used` symmetric.
    start
        Initial parameters ``(neurons, features + 2)`` with symmetric weights, those of
        `Regressions.start` if not given.
    tolerance
        The fit ends when the parameters are closer to the optimum than this part of a standard
        error, in the root mean square.
    progress
        Show a progress bar.

    Returns
    -------
    array
        Parameters ``(neurons, features + 2)``; see
        :func:`circuitlib.methods.glm.regressions.weights_and_link_terms`.
    """
    center = regressions.center()
    parameters = regressions.start() if start is None else start
    with tqdm(desc="fit", unit="step", disable=not progress, leave=False) as bar:
        if start is None and (thinning := regressions.thinning()) > 1:
            thinned = regressions.part(slice(None, None, thinning))
            parameters = _score(thinned, center, parameters, 1.0, bar)
        return _score(regressions, center, parameters, tolerance, bar)


def _score(
    regressions: Regressions,
    center: np.ndarray,
    parameters: np.ndarray,
    tolerance: float,
    bar: tqdm,
) -> Float[np.ndarray, "neurons parameters"]:
    """Take Newton's steps with the estimated information, halved where they overshoot."""
    free = regressions.free()
    n_free = free[:, :-2].sum() / 2 + free[:, -2:].sum()
    loss, gradient = regressions.loss(parameters, center)
    for _ in range(_STEPS):
        gradient = _symmetric(gradient, free)
        step = _newton_step(regressions.information(parameters, center), gradient, free)
        if np.sqrt(-(gradient * step).sum() / n_free) <= tolerance:
            break
        for halving in range(_HALVINGS):
            proposed = parameters + step / 2**halving
            proposed_loss, proposed_gradient = regressions.loss(proposed, center)
            bar.update()
            if proposed_loss < loss:
                break
        else:
            break
        parameters, loss, gradient = proposed, proposed_loss, proposed_gradient
    return parameters


def _newton_step(
    information: Float[np.ndarray, "neurons parameters parameters"],
    gradient: Float[np.ndarray, "neurons parameters"],
    free: Bool[np.ndarray, "neurons parameters"],
) -> Float[np.ndarray, "neurons parameters"]:
    """Minimize the quadratic model of the loss among symmetric weights."""

    def curve(v: np.ndarray) -> np.ndarray:
        # (neurons, parameters, parameters) @ (neurons, parameters, 1)
        product = information @ v.reshape(gradient.shape)[..., None]
        return _symmetric(product[..., 0], free).ravel()

    operator = LinearOperator((gradient.size, gradient.size), matvec=curve, dtype=np.float64)
    step, _ = cg(operator, -gradient.ravel(), rtol=_STEP_PRECISION)
    return np.asarray(step.reshape(gradient.shape))


def _symmetric(
    parameters: Float[np.ndarray, "neurons parameters"],
    free: Bool[np.ndarray, "neurons parameters"],
) -> Float[np.ndarray, "neurons parameters"]:
    """Project on what is learned: symmetric weights, and the link terms of each neuron."""
    projected = np.where(free, parameters, 0)
    weights = projected[:, :-2]
    projected[:, :-2] = (weights + weights.T) / 2
    return projected
