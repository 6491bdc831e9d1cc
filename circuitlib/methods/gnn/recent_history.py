"""Each neuron's recent history at chosen bins."""

from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Int
from numba import njit

from circuitlib.recordings.events import Events


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
        Functions of the lag, each row for one lag in bins, from zero on.

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
