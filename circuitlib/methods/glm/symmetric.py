"""Poisson regressions that share symmetric weights: Fisher scoring along conjugate directions.

With the log link, a step of Fisher scoring is one of Newton's, and is halved where it overshoots.
With the rectified link a neuron's gain, intercept and weights can grow together along a valley
where the information is many times the curvature: each step is then too short, and the steps shrink
long before the bottom. Directions that are conjugate to the ones before, and lengths that grow
where the loss goes on falling, follow the valley down.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.sparse.linalg import LinearOperator, cg
from tqdm.auto import tqdm

from circuitlib.methods.glm.regressions import Regressions

#: Steps at most, and lengths of one step that are tried before the precision of the loss counts as
#: reached.
_STEPS, _LENGTHS = 100, 10
#: Relative precision of a step. The information is an estimate, so more would be wasted.
_STEP_PRECISION = 1e-3


def maximize_symmetric(
    regressions: Regressions,
    start: Float[np.ndarray, "neurons parameters"] | None = None,
    tolerance: float = 1e-2,
    progress: bool = False,
    valleys: bool = True,
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
    valleys
        Follow valleys of the rectified link to their bottom.

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
            parameters = _score(thinned, center, parameters, 1.0, bar, valleys)
        return _score(regressions, center, parameters, tolerance, bar, valleys)


class _Point(NamedTuple):
    """Parameters, their loss in nats, and its gradient among symmetric weights."""

    parameters: Float[np.ndarray, "neurons parameters"]
    loss: float
    gradient: Float[np.ndarray, "neurons parameters"]


def _score(
    regressions: Regressions,
    center: np.ndarray,
    parameters: np.ndarray,
    tolerance: float,
    bar: tqdm,
    valleys: bool,
) -> Float[np.ndarray, "neurons parameters"]:
    """Descend by nonlinear conjugate gradients, preconditioned by the estimated information."""
    free = regressions.free()
    n_free = free[:, :-2].sum() / 2 + free[:, -2:].sum()

    def at(parameters: np.ndarray) -> _Point:
        bar.update()
        loss, gradient = regressions.loss(parameters, center)
        return _Point(parameters, loss, _symmetric(gradient, free))

    point = at(parameters)
    before, fall_before, direction = point.gradient, np.inf, np.zeros_like(parameters)
    valleys, gain = valleys and regressions.link == "rectified", 0.0
    for _ in range(_STEPS):
        information = regressions.information(point.parameters, center)
        step = _newton_step(information, point.gradient, free)
        fall = -float((point.gradient * step).sum())
        # In a valley, a step brings more than the information promises.
        if max(fall / 2, gain) <= n_free * tolerance**2 / 2:
            break
        # Polak & Ribiere (1969); no share of the last direction where that would not be positive.
        share = max(0.0, -float(((point.gradient - before) * step).sum()) / fall_before)
        direction = step + share * direction if valleys else step
        if (point.gradient * direction).sum() >= 0:
            direction = step
        before, fall_before = point.gradient, fall
        lower = _lower(at, point, direction, grows=valleys)
        if lower is None:
            break
        point, gain = lower, point.loss - lower.loss if valleys else 0.0
    return point.parameters


def _lower(
    at: Callable[[np.ndarray], _Point], start: _Point, direction: np.ndarray, grows: bool
) -> _Point | None:
    """Halve a step until the loss falls; if it may grow, double it while half the slope stays."""
    slope = float((start.gradient * direction).sum())
    lowest, length = None, 1.0
    for _ in range(_LENGTHS):
        point = at(start.parameters + length * direction)
        if lowest is None and point.loss >= start.loss:
            length /= 2
            continue
        if lowest is not None and point.loss >= lowest.loss:
            break
        lowest = point
        if not grows or length < 1 or (point.gradient * direction).sum() > slope / 2:
            break
        length *= 2
    return lowest


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
