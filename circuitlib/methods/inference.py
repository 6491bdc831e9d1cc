"""Fit a method to a recording, with all that a run needs around it."""

import inspect
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from circuitlib.methods.estimator import TRAIN_FRACTION, held_out_bits, settings_of
from circuitlib.methods.weights_file import InferredWeights
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
    progress: bool = True,
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
    progress
        Show a progress bar.
    """
    kept = np.arange(train.n_neurons)
    if drop_silent:
        kept = np.flatnonzero(train.rates > 0)
        if len(kept) < 2:
            raise ValueError("fewer than two neurons fire; nothing can be inferred")
    seen = train if len(kept) == train.n_neurons else train.select(kept)
    resumes = "checkpoint" in inspect.signature(estimator.fit).parameters
    estimator.fit(seen, progress=progress, **({"checkpoint": checkpoint} if resumes else {}))
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


class Inferred(NamedTuple):
    """What a method found out about a recording, as it is kept.

    Parameters
    ----------
    record
        The weights of all neurons, with all that is needed to judge them.
    kept
        The neurons that it saw.
    lack
        Why there are no bits per spike, if there ought to be; else empty.
    """

    record: InferredWeights
    kept: np.ndarray
    lack: str


def inferred(
    estimator: Any,  # not of the protocol before `fit`
    recording: Recording,
    method: str,
    settings: dict[str, Any],
    drop_silent: bool = False,
    checkpoint: Path | None = None,
    progress: bool = True,
) -> Inferred:
    """Fit a method to the first part of a recording, and let it predict the rest.

    Parameters
    ----------
    estimator
        The method, which is fitted.
    recording
        All of the recording.
    method
        Name of the method.
    settings
        What is kept beside its own settings.
    drop_silent, checkpoint, progress
        As for :func:`infer`.
    """
    train, test = recording.split(TRAIN_FRACTION)
    weights, errors, kept = infer(estimator, train, drop_silent, checkpoint, progress)
    if len(kept) < len(weights):
        test = test.select(kept)
    try:
        bits, lack = held_out_bits(estimator, test), ""
    except ValueError as error:  # a fit is not lost because the last tenth is poor
        bits, lack = None, str(error)
    record = InferredWeights.of(
        weights,
        method,
        settings_of(estimator) | settings,
        estimator.bin_width,
        TRAIN_FRACTION,
        bits,
        units=recording.units,
        errors=errors,
    )
    return Inferred(record, kept, lack)
