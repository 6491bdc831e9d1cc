"""Fit a method to a recording, with all that a run needs around it."""

import inspect
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from circuitlib.recordings.spike_trains import Recording


def infer(
    estimator: Any,  # not of the protocol before `fit`
    train: Recording,
    drop_silent: bool = False,
    checkpoint: Path | None = None,
) -> tuple[Float[np.ndarray, "post pre"], np.ndarray]:
    """Fit a method; return the weights of all neurons and which neurons it saw.

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
    weights = np.full((train.n_neurons, train.n_neurons), np.nan)
    weights[np.ix_(kept, kept)] = estimator.weights_
    return weights, kept
