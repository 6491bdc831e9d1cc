"""What earlier spikes leave behind: traces and filters that see the past only."""

import numpy as np
from jaxtyping import Float
from scipy.signal import lfilter

from circuitlib.recordings.spikes import Recording, Spikes


def trace(spikes: Spikes, tau: float) -> Float[np.ndarray, "time neurons"]:
    """Filter spikes by an exponential, from strictly earlier bins of the same run.

    Parameters
    ----------
    spikes
        Counts in time bins.
    tau
        Time constant in seconds.

    Returns
    -------
    array
        Trace in units of spikes, single precision, shape ``(time, neurons)``. A spike adds
        ``exp(-dt / tau)`` to the next bin.
    """
    decay = float(np.exp(-spikes.dt / tau))
    return _filtered(spikes, [0.0, decay], [1.0, -decay])


def filtered(
    spikes: Spikes, kernel: Float[np.ndarray, " lags"]
) -> Float[np.ndarray, "time neurons"]:
    """Filter spikes by a kernel of some bins, from strictly earlier bins of the same run.

    Parameters
    ----------
    spikes
        Counts in time bins.
    kernel
        What a spike adds one bin later, two bins later, and so on, shape ``(lags,)``.

    Returns
    -------
    array
        Filtered counts, single precision, shape ``(time, neurons)``.
    """
    return _filtered(spikes, [0.0, *kernel], [1.0])


def same_neurons(recording: Recording, weights: Float[np.ndarray, "post pre"]) -> Recording:
    """Return a recording; raise `ValueError` if it has not the neurons of the fit."""
    if recording.n_neurons != len(weights):
        raise ValueError(
            f"the recording holds {recording.n_neurons} neurons, but the fit {len(weights)}"
        )
    return recording


def _filtered(
    spikes: Spikes, numerator: list[float], denominator: list[float]
) -> Float[np.ndarray, "time neurons"]:
    """Apply a linear filter to each uninterrupted run."""
    out = np.empty(spikes.counts.shape, dtype=np.float32)
    stops = [*spikes.starts[1:], spikes.n_bins]
    ends = [np.array(part, dtype=np.float32) for part in (numerator, denominator)]
    for start, stop in zip(spikes.starts, stops, strict=True):
        out[start:stop] = lfilter(*ends, spikes.counts[start:stop].astype(np.float32), axis=0)
    return out
