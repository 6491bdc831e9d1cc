"""The strength of a ridge, chosen by how well held-out spikes are predicted."""

from dataclasses import replace
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from circuitlib.methods.estimator import VALIDATION
from circuitlib.methods.glm.regressions import Regressions

Ridge = float | Literal["validation"]

#: Strengths to choose from, per bin, from the strongest on.
GRID = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6)


@runtime_checkable
class Fit(Protocol):
    """A way to maximize the likelihood of regressions."""

    def __call__(
        self,
        regressions: Regressions,
        start: Float[np.ndarray, "neurons parameters"] | None = None,
        *,
        progress: bool = False,
    ) -> Float[np.ndarray, "neurons parameters"]:
        """Return the parameters, from initial ones."""
        ...


def check_ridge(l2: Ridge) -> None:
    """Raise `ValueError` unless `l2` is zero, positive or ``"validation"``."""
    known = l2 == "validation" if isinstance(l2, str) else np.isfinite(l2) and l2 >= 0
    if not known:
        raise ValueError(f'`l2` must be zero or positive, or "validation", got {l2!r}')


def maximize_with_ridge(
    regressions: Regressions, l2: Ridge, fit: Fit, progress: bool = False
) -> tuple[Float[np.ndarray, "neurons parameters"], float]:
    """Fit regressions with a given ridge, or with the one that predicts best.

    The regressions are fitted to the first eight ninths of the bins with the ridges of `GRID`, from
    the strongest on, each from the parameters of the one before, until the log likelihood of the
    last ninth falls. With the best ridge they are fitted to all bins.

    Parameters
    ----------
    regressions
        The data and settings; their own ridge is replaced.
    l2
        A ridge, or ``"validation"``.
    fit
        How the likelihood is maximized.
    progress
        Show a progress bar.

    Returns
    -------
    parameters, l2
        Parameters ``(neurons, features + 2)`` as `fit` returns them, and the ridge.
    """
    if not isinstance(l2, str):
        return fit(replace(regressions, l2=l2), progress=progress), l2
    cut = held_in(regressions)
    train, validation = regressions.part(slice(0, cut)), regressions.part(slice(cut, None))
    center = train.center()
    parameters, best_loss, best_ridge = None, np.inf, GRID[0]
    for ridge in GRID:
        fitted = fit(replace(train, l2=ridge), parameters, progress=progress)
        loss, _ = replace(validation, l2=0.0).loss(fitted, center)
        if loss >= best_loss:
            break
        parameters, best_loss, best_ridge = fitted, loss, ridge
    return fit(replace(regressions, l2=best_ridge), parameters, progress=progress), best_ridge


def held_in(regressions: Regressions) -> int:
    """Return the number of bins before the part that decides."""
    return round((1 - VALIDATION) * len(regressions.counts))
