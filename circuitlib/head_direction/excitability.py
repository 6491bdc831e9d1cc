"""What cells do beyond the present head angle, each for itself: anticipation and slow gain."""

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import uniform_filter1d

from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import (
    TAU,
    TuningCurves,
    resultant,
    tuning_curves,
)
from circuitlib.recordings.spikes import Spikes

#: Seconds of the longest lag in either direction that is looked at.
_LONGEST = 0.3


def lagged_angle(recording: HeadDirectionRecording, bins: int) -> Float[np.ndarray, " time"]:
    """Return the head angle so many bins later; at the border of a run, the last one in it."""
    runs, at = recording.spikes.runs, np.arange(recording.spikes.n_bins)
    ends = np.append(runs.starts[1:], runs.n_bins)
    last = np.repeat(ends - 1, ends - runs.starts)
    return np.asarray(recording.angle[np.clip(at + bins, runs.start_of(at), last)])


def preferred_lags(recording: HeadDirectionRecording) -> Int[np.ndarray, " neurons"]:
    """Return the lag in bins at which each cell is tuned most sharply.

    A cell that fires as the head will point after a while has a positive lag: it anticipates. The
    sharpness is the length of the resultant, and lags up to 0.3 s are compared.

    References
    ----------
    Blair & Sharp (1995), doi:10.1523/JNEUROSCI.15-09-06260.1995.
    """
    most = max(round(_LONGEST / recording.spikes.dt), 1)
    lags = np.arange(-most, most + 1)
    sharpness = [
        np.abs(resultant(tuning_curves(recording.spikes, lagged_angle(recording, int(lag)))))
        for lag in lags
    ]
    return np.asarray(lags[np.argmax(np.nan_to_num(sharpness), axis=0)])


def tuned_counts(
    recording: HeadDirectionRecording,
    lags: Int[np.ndarray, " neurons"] | None = None,
    tuned_as: HeadDirectionRecording | None = None,
) -> Float[np.ndarray, "time neurons"]:
    """Return the spikes of each bin that tuning curves expect at the head angle of a recording.

    Parameters
    ----------
    recording
        Its angle is followed.
    lags
        Bins by which each cell is ahead of the angle; none if not given.
    tuned_as
        A recording of the same cells whose tuning curves are taken; the same one if not given.
    """
    lags = np.zeros(recording.spikes.n_neurons, dtype=int) if lags is None else lags
    source = recording if tuned_as is None else tuned_as
    expected = np.empty(recording.spikes.counts.shape)
    for lag in np.unique(lags).tolist():
        cells = np.flatnonzero(lags == lag)
        curves = tuning_curves(source.spikes.select(cells), lagged_angle(source, lag))
        rates = read_curves(curves, lagged_angle(recording, lag))
        expected[:, cells] = rates * recording.spikes.dt
    return expected


def slow_gain(
    spikes: Spikes, expected: Float[np.ndarray, "time neurons"], window: float
) -> Float[np.ndarray, "time neurons"]:
    """Return by what factor each cell fires more than expected over some time around each bin.

    The spikes of a window are few, so their ratio to the expected ones is drawn towards one: by the
    posterior mean of a gain that is gamma distributed around one. Its variance is that of the
    counts beyond a Poisson's, from windows that do not overlap. A cell that varies no more than a
    Poisson count keeps a gain of one.

    Parameters
    ----------
    spikes
        The recording.
    expected
        Spikes of each bin that something else expects, such as :func:`tuned_counts`.
    window
        Length of a window in seconds; gaps between runs are not counted.

    Raises
    ------
    ValueError
        If the recording is not as long as two windows.
    """
    n = round(window / spikes.dt)
    if n < 1 or spikes.n_bins < 2 * n:
        raise ValueError(
            f"`window` in seconds must be at least a bin of {spikes.dt:g} s and at most half of "
            f"the recording ({spikes.duration:g} s), got {window:g}"
        )
    cut = spikes.n_bins // n * n
    found, due = (
        each[:cut].reshape(-1, n, spikes.n_neurons).sum(axis=1)
        for each in (spikes.counts.astype(np.float64), expected)
    )
    variance = (((found - due) ** 2).mean(axis=0) - due.mean(axis=0)) / (due**2).mean(axis=0)
    varies = variance > 0
    gain = np.ones(expected.shape)
    for neuron in np.flatnonzero(varies):
        around = [
            n * uniform_filter1d(each[:, neuron].astype(np.float64), n, mode="nearest")
            for each in (spikes.counts, expected)
        ]
        prior = 1 / variance[neuron]
        gain[:, neuron] = (prior + around[0]) / (prior + around[1])
    return gain


def read_curves(
    curves: TuningCurves, angle: Float[np.ndarray, " time"]
) -> Float[np.ndarray, "time neurons"]:
    """Return the rates in hertz of tuning curves at some angles, interpolated between their bins.

    Bins in which the animal never looked are bridged.
    """
    known = np.isfinite(curves.rates[:, 0])
    angles, rates = curves.angles[known], curves.rates[known]
    return np.stack([np.interp(angle, angles, curve, period=TAU) for curve in rates.T], axis=1)
