"""Fit a method to a recording, with all that a run needs around it."""

import inspect
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from circuitlib.recordings.spike_trains import Recording


class Inference(NamedTuple):
    """What a method found out about all neurons of a recording.

    Parameters
    ----------
    weights
        Shape ``(post, pre)``; NaN where not inferred.
    errors
        Their standard errors, likewise; None if the method has none.
    kept
        The neurons that it saw.
    """

    weights: Float[np.ndarray, "post pre"]
    errors: Float[np.ndarray, "post pre"] | None
    kept: np.ndarray


def infer(
    estimator: Any,  # not of the protocol before `fit`
    train: Recording,
    drop_silent: bool = False,
    checkpoint: Path | None = None,
) -> Inference:
    """Fit a method; return the weights of all neurons, and which neurons it saw.

    Parameters
    ----------
    estimator
        The method.
    train
        What it sees.
    drop_silent
        Leave out neurons that never fire; their weights are NaN.
    checkpoint
        Where a method that can go on after an interruption keeps its state.
    """
    kept = np.arange(train.n_neurons)
    if drop_silent:
        kept = np.flatnonzero(train.rates > 0)
        if len(kept) < 2:
            raise ValueError("fewer than two neurons fire; nothing can be inferred")
    seen = train if len(kept) == train.n_neurons else train.select(kept)
    resumes = "checkpoint" in inspect.signature(estimator.fit).parameters
    estimator.fit(seen, progress=True, **({"checkpoint": checkpoint} if resumes else {}))
    weights = among_all(estimator.weights_, kept, train.n_neurons)
    errors = getattr(estimator, "errors_", None)
    if errors is not None:
        errors = among_all(errors, kept, train.n_neurons)
    return Inference(weights, errors, kept)


def among_all(
    found: Float[np.ndarray, "kept kept"], kept: np.ndarray, n_neurons: int
) -> Float[np.ndarray, "post pre"]:
    """Return a matrix of all neurons with the values of some, and NaN elsewhere."""
    values = np.full((n_neurons, n_neurons), np.nan)
    values[np.ix_(kept, kept)] = found
    return values
