"""The traces that earlier spikes leave at some bins, without an array of all bins."""

from typing import no_type_check

import numpy as np
from jaxtyping import Float, Float32, Int
from numba import njit


class Walk:
    """A walk along the spikes of a recording, which tells the traces at bins that rise.

    Parameters
    ----------
    bins, neurons
        Bin and neuron of each spike, in the order of time, shape ``(spikes,)``.
    starts
        First bin of each run.
    powers
        Those of the part of a trace that is left after a bin, shape ``(longest + 1,)``.
    n_neurons
        Number of neurons.
    """

    def __init__(
        self,
        bins: Int[np.ndarray, " spikes"],
        neurons: Int[np.ndarray, " spikes"],
        starts: Int[np.ndarray, " runs"],
        powers: Float[np.ndarray, " lags"],
        n_neurons: int,
    ) -> None:
        self._spikes = bins, neurons, starts, powers
        self._place = np.zeros(3, dtype=np.int64)
        self._traces = np.zeros(n_neurons, dtype=np.float32)

    def rows(
        self, at: Int[np.ndarray, " at"], order: Int[np.ndarray, " at"]
    ) -> Float32[np.ndarray, "at own"]:
        """Return the traces at some bins, put in another order, with a one after each row."""
        rows = np.empty_like(order)
        rows[order] = np.arange(len(order))
        out = np.empty((len(at), len(self._traces) + 1), dtype=np.float32)
        out[:, -1] = 1
        _fill(*self._spikes, at, rows, self._place, self._traces, out)
        return out

    def sums(
        self,
        at: Int[np.ndarray, " at"],
        posts: Int[np.ndarray, " at"],
        weights: Float32[np.ndarray, "kinds post pre"],
    ) -> tuple[Float32[np.ndarray, "at kinds"], Float32[np.ndarray, " at"]]:
        """Return sums of the traces with the weights to one neuron at each bin, and its own trace.

        That is far less work than to write all traces down.
        """
        sums = np.empty((len(at), len(weights)), dtype=np.float32)
        own = np.empty(len(at), dtype=np.float32)
        _sum(*self._spikes, at, posts, weights, self._place, self._traces, sums, own)
        return sums, own


@njit(cache=True)
@no_type_check
def _go_on(bins, neurons, starts, powers, now, place, traces):
    """Go on to a bin, and return the factor that gives the traces there.

    `place` holds the next spike, the next run and a reference bin; `traces` are those of the
    reference bin if later spikes had fallen before it, so that a spike costs one addition.
    """
    spike, run, origin = place
    longest = len(powers) - 1
    while True:
        is_spike = spike < len(bins) and bins[spike] < now
        here = bins[spike] if is_spike else now
        if run < len(starts) and starts[run] <= here:
            while run < len(starts) and starts[run] <= here:
                run += 1
            traces[:] = 0
            origin = here
        if here - origin > longest:
            for lag in (longest, min(here - origin - longest, longest)):
                traces *= np.float32(powers[lag])
            origin = here
        if not is_spike:
            break
        traces[neurons[spike]] += 1 / powers[here - origin]
        spike += 1
    place[0], place[1], place[2] = spike, run, origin
    return np.float32(powers[now - origin])


@njit(cache=True)
@no_type_check
def _fill(bins, neurons, starts, powers, at, rows, place, traces, out):
    """Fill the rows of `out` with the traces at some bins."""
    for k in range(len(at)):
        factor = _go_on(bins, neurons, starts, powers, at[k], place, traces)
        row = out[rows[k]]
        for j in range(len(traces)):
            value = traces[j] * factor
            row[j] = value if value > np.float32(1e-6) else np.float32(0)  # no subnormal numbers


@njit(cache=True, fastmath={"reassoc", "contract"})  # so that the sum is vectorized
@no_type_check
def _sum(bins, neurons, starts, powers, at, posts, weights, place, traces, sums, own):
    """Fill `sums` with weighted traces at some bins, and `own` with the trace of one neuron."""
    for k in range(len(at)):
        factor = _go_on(bins, neurons, starts, powers, at[k], place, traces)
        own[k] = traces[posts[k]] * factor
        for kind in range(len(weights)):
            row, total = weights[kind, posts[k]], np.float32(0)
            for j in range(len(traces)):
                total += row[j] * traces[j]
            sums[k, kind] = total * factor
