"""The interface that all methods share, and what is asked of every recording."""

from dataclasses import fields
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from circuitlib.metrics import bits_per_spike
from circuitlib.recordings.spike_trains import Recording

#: First part of a recording that a method sees; it is judged on the rest.
TRAIN_FRACTION = 0.9
#: Part of what a method sees, at its end, by which it chooses its own settings. With the first part
#: of above a recording is split into 80 / 10 / 10 %.
VALIDATION = 1 / 9


@runtime_checkable
class ConnectivityEstimator(Protocol):
    """Anything that infers a weight matrix from spikes.

    `bin_width` (s) is the bin in which the method counts spikes. After `fit`, `weights_` holds the
    inferred weights ``[post, pre]`` with a zero diagonal; positive means that a presynaptic spike
    raises the rate of the postsynaptic neuron.
    """

    bin_width: float
    weights_: Float[np.ndarray, "post pre"]

    def fit(self, recording: Recording, progress: bool = False) -> "ConnectivityEstimator":
        """Infer the weights from all of a recording."""
        ...


@runtime_checkable
class SpikePredictor(ConnectivityEstimator, Protocol):
    """An estimator that also predicts spikes."""

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Predict the expected spikes in each bin of `bin_width`."""
        ...


def held_out_bits(estimator: ConnectivityEstimator, recording: Recording) -> float | None:
    """Return the bits per spike of a fitted estimator on a recording that it did not see.

    None for an estimator that predicts no spikes.
    """
    if not isinstance(estimator, SpikePredictor):
        return None
    counts = recording.binned(estimator.bin_width).counts
    return bits_per_spike(counts, estimator.rates(recording))


def settings_of(estimator: Any) -> dict[str, Any]:  # not of the protocol before `fit`
    """Return the hyper-parameters of an estimator."""
    names = [each.name for each in fields(estimator) if each.init]
    return {name: getattr(estimator, name) for name in names}


def check_neurons(recording: Recording) -> None:
    """Raise `ValueError` unless there are two neurons or more and each of them fires."""
    if recording.n_neurons < 2:
        raise ValueError("the recording holds one neuron; connections need at least two")
    silent = np.flatnonzero(recording.rates == 0)
    if len(silent):
        names = ", ".join(str(neuron) for neuron in silent[:5]) + (
            " ..." if len(silent) > 5 else ""
        )
        raise ValueError(
            f"{len(silent)} of {recording.n_neurons} neurons never fire ({names}); "
            "leave them out with `select`, or with --drop-silent on the command line"
        )


def same_neurons(recording: Recording, weights: Float[np.ndarray, "post pre"]) -> Recording:
    """Return a recording; raise `ValueError` if it has not the neurons of the fit."""
    if recording.n_neurons != len(weights):
        raise ValueError(
            f"the recording holds {recording.n_neurons} neurons, but the fit {len(weights)}"
        )
    return recording
