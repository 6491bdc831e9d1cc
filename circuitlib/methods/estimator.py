"""The interface that all methods share, and what is asked of every recording."""

import math
import warnings
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, UInt8

from circuitlib.metrics import bits_per_spike
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes

#: First part of a recording that a method sees; it is judged on the rest.
TRAIN_FRACTION = 0.9
#: Part of what a method sees, at its end, by which it chooses its own settings. With the first part
#: of above a recording is split into 80 / 10 / 10 %.
VALIDATION = 1 / 9
#: Spikes of a unit below which its mean log rate is uncertain by more than 0.14, one over the root
#: of 50: as much as a spike over a typical connection changes it.
_FEW_SPIKES = 50
#: Seconds in which two units count as firing together, about two synaptic time constants; and how
#: often they must, for a weight in units of log rate to be known to one over the root of 10. If
#: they never do, nothing bounds it from below.
_TOGETHER, _FEW_TOGETHER = 20e-3, 10
#: Units or pairs that a message names at most.
_NAMED = 5
#: Bins that are cast to floating point at once.
_CHUNK = 16_384


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
    """Return the hyper-parameters of an estimator, without those that are None."""
    own = {each.name: getattr(estimator, each.name) for each in fields(estimator) if each.init}
    return given(own)


def given(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out settings that are None: a later version may not have them any more."""
    return {name: value for name, value in settings.items() if value is not None}


def check_neurons(recording: Recording) -> None:
    """Raise `ValueError` unless two units or more fire, each its own spikes; warn if rarely.

    Parameters
    ----------
    recording
        What a method is about to be fitted to.

    Raises
    ------
    ValueError
        If there is only one unit, one never fires, or two have identical spikes: what follows one
        of these follows the other as well.

    Warns
    -----
    UserWarning
        If units or pairs of units fire too rarely for their weights to mean anything.
    """
    if recording.n_neurons < 2:
        raise ValueError("the recording holds one neuron; connections need at least two")
    check_all_fire(recording)
    together = _together(recording)
    _check_copies(recording, together)
    rare = np.flatnonzero(np.rint(recording.rates * recording.duration) < _FEW_SPIKES)
    if len(rare):
        warnings.warn(
            f"{len(rare)} of {recording.n_neurons} units have fewer than {_FEW_SPIKES} spikes "
            f"({_listed([recording.units[i] for i in rare[:_NAMED]], len(rare))}); "
            "their weights are hardly determined",
            stacklevel=3,
        )
    apart = np.argwhere(np.triu(together < _FEW_TOGETHER, 1))
    if len(apart):
        named = [f"{recording.units[i]} and {recording.units[j]}" for i, j in apart[:_NAMED]]
        warnings.warn(
            f"{len(apart)} of {math.comb(recording.n_neurons, 2)} pairs of units fire together, "
            f"within {_TOGETHER * 1e3:g} ms, fewer than {_FEW_TOGETHER} times "
            f"({_listed(named, len(apart))}); weights between them are hardly determined",
            stacklevel=3,
        )


def check_all_fire(recording: Recording) -> None:
    """Raise `ValueError` unless each neuron fires."""
    silent = np.flatnonzero(recording.rates == 0)
    if len(silent):
        names = _listed([recording.units[i] for i in silent[:_NAMED]], len(silent))
        raise ValueError(
            f"{len(silent)} of {recording.n_neurons} neurons never fire ({names}); "
            "leave them out with `select`, or with --drop-silent on the command line"
        )


def _check_copies(recording: Recording, together: Float[np.ndarray, "neurons neurons"]) -> None:
    """Raise `ValueError` if two units have identical spikes."""
    own = np.diagonal(together)
    # Only units with the same counts in all bins of `_TOGETHER` can be copies.
    alike = np.triu((together == own[:, None]) & (together == own[None, :]), 1)
    for i, j in np.argwhere(alike).tolist():
        if np.array_equal(_spikes_of(recording, i), _spikes_of(recording, j)):
            raise ValueError(
                f"units {recording.units[i]} and {recording.units[j]} have identical spikes; "
                "leave one of them out with `select`, or with --units on the command line"
            )


def _spikes_of(recording: Recording, unit: int) -> np.ndarray:
    """Return the counts or times of one unit."""
    return recording.counts[:, unit] if isinstance(recording, Spikes) else recording[unit]


def _together(recording: Recording) -> Float[np.ndarray, "neurons neurons"]:
    """Count the pairs of spikes that two units fire in the same bin of `_TOGETHER` or so."""
    wide = _TOGETHER
    if isinstance(recording, Spikes):  # whole bins, and no more than the longest run has
        longest = int(np.diff(recording.starts, append=recording.n_bins).max())
        wide = np.clip(round(_TOGETHER / recording.dt), 1, longest) * recording.dt
    return count_products(recording.binned(wide).counts)


def count_products(
    counts: UInt8[np.ndarray, "time neurons"],
) -> Float[np.ndarray, "neurons neurons"]:
    """Return the sums over time of the products of counts, without a copy of all of them."""
    total = np.zeros((counts.shape[1], counts.shape[1]))
    for first in range(0, len(counts), _CHUNK):
        chunk = counts[first : first + _CHUNK].astype(np.float64)
        total += chunk.T @ chunk
    return total


def _listed(names: list[str], n: int) -> str:
    """Join names, with dots if there are more than these."""
    return ", ".join(names) + (" ..." if n > len(names) else "")


def same_neurons(recording: Recording, weights: Float[np.ndarray, "post pre"]) -> Recording:
    """Return a recording; raise `ValueError` if it has not the neurons of the fit."""
    if recording.n_neurons != len(weights):
        raise ValueError(
            f"the recording holds {recording.n_neurons} neurons, but the fit {len(weights)}"
        )
    return recording
