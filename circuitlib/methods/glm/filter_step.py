"""One step of Newton's method for the filter that all pairs of neurons share."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from circuitlib.methods.glm.links import respond
from circuitlib.recordings.spikes import Spikes

#: Bins of one matrix product of the filter's windows, and how many of these chunks the curvature
#: is estimated from.
_CHUNK, _CURVATURE_CHUNKS = 2_048, 16
#: Relative ridge on the filter's coefficients, which are more than the bins that they describe.
_RIDGE = 1e-6
#: A step below this part of a standard error is not worth taking.
TOLERANCE = 0.1


class _Slope(NamedTuple):
    """Loss in nats, and its gradient and curvature by the filter."""

    loss: float
    gradient: np.ndarray
    curvature: np.ndarray


class OtherDrive(NamedTuple):
    """What of the drive does not pass through the filter.

    Parameters
    ----------
    intercepts
        One for each neuron, for centered features, shape ``(neurons,)``.
    tuning
        Coefficients of the waves of an angle, shape ``(neurons, waves)``.
    waves
        Waves of the angle in each bin, less their means, shape ``(time, waves)``.
    """

    intercepts: Float[np.ndarray, " neurons"]
    tuning: Float[np.ndarray, "neurons waves"]
    waves: Float32[np.ndarray, "time waves"]

    def at(self, bins: slice) -> Float32[np.ndarray, "time neurons"]:
        """Return this part of the drive in some bins."""
        told = self.waves[bins] @ self.tuning.astype(np.float32).T
        return np.asarray(told + self.intercepts.astype(np.float32))


def filter_step(
    spikes: Spikes,
    weights: Float[np.ndarray, "post pre"],
    other: OtherDrive,
    mean: Float[np.ndarray, " neurons"],
    basis: Float[np.ndarray, "lags basis"],
    z: Float[np.ndarray, " basis"],
) -> tuple[Float[np.ndarray, " basis"], float, float]:
    """Improve the filter's coefficients.

    Parameters
    ----------
    spikes
        The recording.
    weights
        Weights ``[post, pre]``.
    other
        The rest of the drive.
    mean
        Mean filtered spikes of each neuron, shape ``(neurons,)``. They are taken away, so that the
        filter hardly moves the intercepts.
    basis, z
        Functions that the filter is a sum of, one row for each bin back, and their coefficients.

    Returns
    -------
    z, length, loss
        The new coefficients, the length of the step in standard errors (root mean square), and the
        loss before it in nats.
    """
    # The mean drive of a filter f is f.sum() * rest.
    rest = weights @ mean / (basis @ z).sum()

    def slope(f: np.ndarray, curved: bool = False) -> _Slope:
        return _slope(spikes, weights, other, rest, f, curved)

    loss, gradient, curvature = slope(basis @ z, curved=True)
    metric = basis.T @ curvature @ basis
    metric.flat[:: len(z) + 1] += _RIDGE * np.trace(metric)
    by_z = basis.T @ gradient
    step = -np.linalg.solve(metric, by_z)
    length = float(np.sqrt(max(-by_z @ step, 0) / len(z)))
    if length > TOLERANCE:
        for _ in range(10):
            if slope(basis @ (z + step)).loss < loss:
                return z + step, length, loss
            step = step / 2
    return z, 0.0, loss


def _slope(
    spikes: Spikes,
    weights: Float[np.ndarray, "post pre"],
    other: OtherDrive,
    rest: Float[np.ndarray, " neurons"],
    f: Float[np.ndarray, " lags"],
    curved: bool,
) -> _Slope:
    """Return the loss as a function of the filter, its gradient and, if asked, its curvature."""
    loss, gradient, curvature = 0.0, np.zeros(len(f)), np.zeros((len(f), len(f)))
    n_curved = 0
    every = max(1, spikes.n_bins // (_CHUNK * _CURVATURE_CHUNKS))
    no_gain = np.zeros(len(weights), dtype=np.float32)
    for index, (bins, inputs) in enumerate(_input_windows(spikes, weights, len(f))):
        windows = (inputs - rest[:, None]).astype(np.float32)  # (time, neurons, lags)
        drive = windows @ f.astype(np.float32) + other.at(bins)
        rate = respond("log", drive, no_gain).rate
        counts = spikes.counts[bins].astype(np.float32)
        loss += float((rate - counts * drive).sum(dtype=np.float64))
        windows = windows.reshape(-1, len(f))
        gradient += (rate - counts).ravel() @ windows
        if curved and index % every == 0:
            curvature += windows.T @ (windows * rate.reshape(-1, 1))
            n_curved += len(counts)
    return _Slope(loss, gradient, curvature * spikes.n_bins / max(n_curved, 1))


def _input_windows(
    spikes: Spikes, weights: Float[np.ndarray, "post pre"], n_lags: int
) -> Iterator[tuple[slice, Float[np.ndarray, "time neurons lags"]]]:
    """Yield chunks of bins with the weighted spikes one bin earlier, two bins earlier, ..."""
    for run in spikes.runs.slices:
        for first in range(run.start, run.stop, _CHUNK):
            last = min(first + _CHUNK, run.stop)
            before = max(first - n_lags, run.start)
            recent = spikes.counts[before : last - 1].astype(np.float32) @ weights.T.astype(
                np.float32
            )
            silent = np.zeros((n_lags - (first - before), len(weights)), dtype=np.float32)
            inputs = np.concatenate([silent, recent])
            windows = np.lib.stride_tricks.sliding_window_view(inputs, n_lags, axis=0)
            yield slice(first, last), windows[:, :, ::-1]
