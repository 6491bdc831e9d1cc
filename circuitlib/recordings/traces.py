"""What earlier spikes leave behind: traces, and filters that see the past only."""

import numpy as np
from jaxtyping import Float
from scipy.signal import lfilter

from circuitlib.recordings.spikes import Spikes


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


def raised_cosines(n_steps: int, n_basis: int) -> Float[np.ndarray, "steps basis"]:
    r"""Evenly spaced raised cosines, :math:`(1 + \cos(\pi (t - c) / 2 \Delta)) / 2` around c.

    Their centers span the steps from the first to the last at distances :math:`\Delta`, and each
    reaches as far as the center after the next, so that away from the ends they add up to two.

    Parameters
    ----------
    n_steps
        Time steps.
    n_basis
        Number of cosines, two or more.

    Returns
    -------
    array
        Shape ``(steps, basis)``, between 0 and 1.

    Raises
    ------
    ValueError
        If there are less than two cosines or steps.

    Examples
    --------
    >>> raised_cosines(5, 3)[:, 1]
    array([0.5       , 0.85355339, 1.        , 0.85355339, 0.5       ])
    """
    if n_basis < 2 or n_steps < 2:
        raise ValueError(f"a basis needs two cosines and two steps, got {n_basis} and {n_steps}")
    centers, spacing = np.linspace(0, n_steps - 1, n_basis, retstep=True)
    phase = (np.arange(n_steps)[:, None] - centers[None, :]) / (2 * float(spacing))
    return np.asarray((1 + np.cos(np.pi * np.clip(phase, -1, 1))) / 2)


def _filtered(
    spikes: Spikes, numerator: list[float], denominator: list[float]
) -> Float[np.ndarray, "time neurons"]:
    """Apply a linear filter to each uninterrupted run."""
    out = np.empty(spikes.counts.shape, dtype=np.float32)
    terms = [np.array(part, dtype=np.float32) for part in (numerator, denominator)]
    for run in spikes.runs.slices:
        out[run] = lfilter(*terms, spikes.counts[run].astype(np.float32), axis=0)
    return out
