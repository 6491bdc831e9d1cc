"""Spikes as events on a fine time grid, and each neuron's recent history at chosen bins."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Float32, Int
from numba import njit

from circuitlib.recordings.runs import Runs
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes

#: Peaks of the history features in units of tau. The last feature falls to zero at the last number.
_PEAKS = (0.0, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0)


@dataclass(frozen=True, slots=True, eq=False)
class Events:
    """The bins in which each neuron fired.

    A fine grid, such as that of the simulation, has few spikes for very many bins. So the spikes
    are listed, and no array has a row for each bin.

    Parameters
    ----------
    bins
        Bin of each spike, one neuron after the other and rising within each, shape ``(spikes,)``.
        A bin with several spikes of a neuron stands there several times.
    offsets
        Neuron `i` has ``bins[offsets[i]:offsets[i + 1]]``, shape ``(neurons + 1,)``.
    runs
        The uninterrupted runs of the recording.
    """

    bins: Int[np.ndarray, " spikes"]
    offsets: Int[np.ndarray, " offsets"]
    runs: Runs

    @classmethod
    def of(cls, recording: Recording, dt: float) -> "Events":
        """List the spikes of a recording in bins of `dt` seconds."""
        if isinstance(recording, Spikes):
            spikes = recording.binned(dt)
            neurons, bins = np.nonzero(spikes.counts.T)
            times = spikes.counts[bins, neurons]
            bins, neurons = np.repeat(bins, times), np.repeat(neurons, times)
            offsets = np.searchsorted(neurons, np.arange(spikes.n_neurons + 1))
            return cls(bins, offsets, spikes.runs)
        bins, inside, runs = recording.bins(dt)
        passed = np.concatenate(([0], np.cumsum(inside)))
        return cls(bins[inside], passed[recording.offsets], runs)

    @property
    def n_bins(self) -> int:
        """Bins of the recording."""
        return self.runs.n_bins

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""
        return len(self.offsets) - 1

    @property
    def neurons(self) -> Int[np.ndarray, " spikes"]:
        """Neuron of each spike."""
        return np.repeat(np.arange(self.n_neurons), np.diff(self.offsets))

    @property
    def mean_counts(self) -> Float[np.ndarray, " neurons"]:
        """Mean spikes per bin of each neuron; at least one spike is counted."""
        return np.maximum(np.diff(self.offsets), 1) / self.n_bins


def check_width(dt: float, tau: float) -> None:
    """Raise `ValueError` if bins of `dt` seconds are wider than two time constants `tau`."""
    if dt > 2 * tau:
        raise ValueError(
            f"bins of {dt:g} s are too wide for a time constant of {tau:g} s; count the spikes in "
            f"bins of at most {2 * tau:g} s, or give a larger `tau` (--bin-width, --tau)"
        )


def history_basis(dt: float, tau: float) -> Float32[np.ndarray, "lags features"]:
    """Make the functions of the lag that summarise a neuron's recent spikes.

    They are linear splines, narrow for short lags and wide for long ones, so that their weighted
    sums come close to any smooth filter.

    Parameters
    ----------
    dt
        Bin width in seconds.
    tau
        Synaptic time constant in seconds.

    Returns
    -------
    array
        Value of each function at each lag in bins, shape ``(lags, features)``. Lag 0, the present
        bin, is zero throughout.

    Raises
    ------
    ValueError
        If the bins are wider than two time constants.
    """
    peaks = np.array(_PEAKS)
    check_width(dt, tau)
    lags = np.arange(1, round(peaks[-1] * tau / dt) + 1) * dt / tau
    hats = [np.interp(lags, peaks, unit) for unit in np.eye(len(peaks))[:-1]]
    hats = [hat for hat in hats if hat.any()]  # a coarse grid has no lags below the first peaks
    return np.concatenate((np.zeros((1, len(hats))), np.stack(hats, axis=1))).astype(np.float32)


def recent_history(
    events: Events,
    bins: Int[np.ndarray, " batch"],
    basis: Float32[np.ndarray, "lags features"],
) -> Float32[np.ndarray, "batch neurons features"]:
    """Summarise the spikes of each neuron in the bins before each given bin.

    Parameters
    ----------
    events
        The recording.
    bins
        Bins to be predicted, in any order.
    basis
        From :func:`history_basis`.

    Returns
    -------
    array
        Sum of the basis over the spikes of the same run, shape ``(batch, neurons, features)``.
    """
    order = np.argsort(bins, kind="stable")
    ordered = np.asarray(bins, dtype=np.int64)[order]
    summed = np.zeros((len(bins), events.n_neurons, basis.shape[1]), dtype=np.float32)
    first = (basis > 0).argmax(axis=1)
    starts = events.runs.start_of(ordered)
    _sum(events.bins, events.offsets, ordered, order, starts, basis, first, summed)
    return summed


@njit(cache=True)
@no_type_check
def _sum(bins, offsets, at, rows, starts, basis, first, out):
    """Add up the basis over the spikes before each bin of `at`, which rises, into its row."""
    n_lags, n_features = basis.shape
    for neuron in range(len(offsets) - 1):
        low, high = offsets[neuron], offsets[neuron + 1]
        after = low
        for index in range(len(at)):
            after += np.searchsorted(bins[after:high], at[index])
            spike = after - 1
            while spike >= low and bins[spike] >= starts[index]:
                lag = at[index] - bins[spike]
                if lag >= n_lags:
                    break
                feature = first[lag]
                out[rows[index], neuron, feature] += basis[lag, feature]
                if feature + 1 < n_features:  # at most two of them overlap
                    out[rows[index], neuron, feature + 1] += basis[lag, feature + 1]
                spike -= 1
