"""Tuning of neurons to head direction: curves, preferred directions, head-direction score."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Complex, Float, Int
from scipy import fft

from circuitlib._seeding import streams
from circuitlib.recordings.spikes import Spikes

TAU = 2 * np.pi
#: Bin and boxcar of the paper's head-direction score, in radians.
BIN_WIDTH = float(np.deg2rad(3.0))
BOXCAR = float(np.deg2rad(14.5))


class TuningCurves(NamedTuple):
    """Firing rate against angle; see :func:`tuning_curves`."""

    angles: Float[np.ndarray, " bins"]
    rates: Float[np.ndarray, "bins neurons"]


class HeadDirectionScore(NamedTuple):
    """Strength of tuning and what chance gives; see :func:`hd_score`."""

    score: Float[np.ndarray, " neurons"]
    threshold: Float[np.ndarray, " neurons"]

    @property
    def is_hd(self) -> Bool[np.ndarray, " neurons"]:
        """Whether each neuron's score lies above its threshold."""
        return self.score > self.threshold


def tuning_curves(
    spikes: Spikes,
    angle: Float[np.ndarray, " time"],
    bin_width: float = BIN_WIDTH,
    boxcar: float = BOXCAR,
) -> TuningCurves:
    """Mean firing rate of each neuron in bins of the angle, corrected for the time spent there.

    Parameters
    ----------
    spikes
        The recording.
    angle
        Angle in each time bin, radians in [0, 2 pi), shape ``(time,)``.
    bin_width
        Width of the angle bins in radians; a whole number of bins must fill the circle.
    boxcar
        Width in radians of the moving average along the angle; 0 for none. A width that is not an
        odd number of bins counts the outermost bins in part.

    Returns
    -------
    TuningCurves
        ``angles``, the bin centres in radians, shape ``(bins,)``, and ``rates`` in hertz, shape
        ``(bins, neurons)``; NaN where the animal spent no time within the boxcar.

    Raises
    ------
    ValueError
        If the angle does not fit the recording, or the bins do not fill the circle.

    References
    ----------
    Yoon (2025), arXiv:2509.17174: bins of 3 degrees and a boxcar of 14.5 degrees.
    """
    n_bins = _n_bins(bin_width)
    index = _angle_bin(spikes, angle, n_bins)
    occupancy = np.bincount(index, minlength=n_bins) * spikes.dt  # s
    counts = np.stack(
        [np.bincount(index, weights=train, minlength=n_bins) for train in spikes.counts.T], axis=1
    )
    visited = occupancy > 0
    rates = np.zeros_like(counts)
    rates[visited] = counts[visited] / occupancy[visited, None]
    kernel = _boxcar(n_bins, boxcar)
    # A circulant matrix; unvisited bins do not take part in the average.
    smooth = kernel[(np.arange(n_bins)[:, None] - np.arange(n_bins)) % n_bins] * visited
    weight = smooth.sum(axis=1)
    known = weight > 0
    smoothed = np.full_like(rates, np.nan)
    smoothed[known] = (smooth[known] @ rates) / weight[known, None]
    return TuningCurves(_centres(n_bins), smoothed)


def resultant(curves: TuningCurves) -> Complex[np.ndarray, " neurons"]:
    """Rate-weighted mean of the unit vectors of all angles.

    Its length is the Rayleigh vector length (0 for a flat curve, 1 for a single direction), its
    phase the preferred direction. It is NaN for a neuron that never fires.
    """
    rates = np.nan_to_num(curves.rates)
    total = rates.sum(axis=0)
    vector = np.exp(1j * curves.angles) @ rates
    out = np.full(total.shape, np.nan + 0j)
    return np.asarray(np.divide(vector, total, out=out, where=total > 0))


def preferred_directions(curves: TuningCurves) -> Float[np.ndarray, " neurons"]:
    """Direction of the resultant of each tuning curve, radians in [0, 2 pi).

    Parameters
    ----------
    curves
        Tuning curves, from :func:`tuning_curves`.

    Returns
    -------
    array
        Shape ``(neurons,)``; NaN for a neuron that never fires.

    Examples
    --------
    >>> angles = np.arange(0, 2 * np.pi, np.pi / 2)
    >>> curves = TuningCurves(angles, np.array([[0.0], [3.0], [0.0], [0.0]]))
    >>> np.rad2deg(preferred_directions(curves)).tolist()
    [90.0]
    """
    return wrap(np.angle(resultant(curves)))


def hd_score(
    spikes: Spikes,
    angle: Float[np.ndarray, " time"],
    n_shuffles: int = 1000,
    percentile: float = 99.0,
    min_shift: float = 20.0,
    seed: int = 0,
    bin_width: float = BIN_WIDTH,
    boxcar: float = BOXCAR,
) -> HeadDirectionScore:
    """Rayleigh vector length of each tuning curve, and its threshold from shifted spike trains.

    A shuffle moves the whole spike train against the angle by a random time, circularly within the
    recorded bins, so that both keep their own statistics. The vector length of every shift is a
    ratio of two circular cross-correlations, which one Fourier transform per neuron gives at once.

    Parameters
    ----------
    spikes
        The recording.
    angle
        Angle in each time bin, radians in [0, 2 pi), shape ``(time,)``.
    n_shuffles
        Number of random shifts.
    percentile
        Percentile of the shifted scores that makes the threshold.
    min_shift
        Smallest shift in seconds, in either direction.
    seed
        Seed of the shifts.
    bin_width, boxcar
        As in :func:`tuning_curves`.

    Returns
    -------
    HeadDirectionScore
        ``score`` and ``threshold``, each of shape ``(neurons,)``, and ``is_hd``. NaN for a neuron
        that never fires.

    Raises
    ------
    ValueError
        If the recording is not longer than twice `min_shift`.

    References
    ----------
    Yoon (2025), arXiv:2509.17174: score above the 99th percentile of the shuffles.
    """
    n_bins = _n_bins(bin_width)
    index = _angle_bin(spikes, angle, n_bins)
    first = max(1, round(min_shift / spikes.dt))
    if spikes.n_bins <= 2 * first:
        raise ValueError(
            f"`min_shift` ({min_shift:g} s) must be less than half of the recording "
            f"({spikes.duration:g} s)"
        )
    (rng,) = streams(seed, 1)
    shifts = rng.integers(first, spikes.n_bins - first + 1, size=n_shuffles)
    shifts = np.concatenate(([0], shifts))
    inverse = 1 / np.maximum(np.bincount(index, minlength=n_bins), 1)
    weight = inverse[index]  # (time,): a spike counts as much as its direction is rare
    # One complex signal per time bin: the boxcar only shortens the vector, by a fixed factor.
    shrink = _boxcar(n_bins, boxcar) @ np.cos(_centres(n_bins) - _centres(n_bins)[0])
    vector = shrink * weight * np.exp(1j * _centres(n_bins)[index])
    vector_spectrum, weight_spectrum = np.conj(fft.fft(vector.conj())), np.conj(fft.fft(weight))
    lengths = np.empty((len(shifts), spikes.n_neurons))
    for neuron, train in enumerate(spikes.counts.T):
        spectrum = fft.fft(train.astype(np.float64))
        # Entry k: the sum over t of signal(t) * train(t + k).
        along = fft.ifft(spectrum * vector_spectrum)[shifts]
        total = fft.ifft(spectrum * weight_spectrum).real[shifts]
        silent = not train.any()
        lengths[:, neuron] = np.nan if silent else np.abs(along) / total
    return HeadDirectionScore(lengths[0], np.percentile(lengths[1:], percentile, axis=0))


def coverage_divergence(preferred: Float[np.ndarray, " neurons"], n_bins: int = 8) -> float:
    """Unevenness of preferred directions: divergence of their histogram from a uniform one.

    Parameters
    ----------
    preferred
        Preferred directions in radians, shape ``(neurons,)``; NaN is left out.
    n_bins
        Number of equal bins around the circle. The paper does not state its number.

    Returns
    -------
    float
        Kullback-Leibler divergence in bits: 0 when every bin holds as many neurons, and
        ``log2(n_bins)`` when all prefer one direction. Few neurons raise it by chance alone.

    Examples
    --------
    >>> coverage_divergence(np.array([0.1, 1.7, 3.3, 4.8]), n_bins=4)
    0.0
    """
    known = wrap(preferred[np.isfinite(preferred)])
    if len(known) == 0:
        raise ValueError("`preferred` holds no finite direction")
    index = np.minimum((known / TAU * n_bins).astype(int), n_bins - 1)
    share = np.bincount(index, minlength=n_bins) / len(known)
    share = share[share > 0]
    return float((share * np.log2(share * n_bins)).sum())


def wrap(angle: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Bring angles into [0, 2 pi)."""
    wrapped = np.asarray(np.mod(angle, TAU))
    wrapped[wrapped >= TAU] = 0.0  # the remainder of a tiny negative angle rounds up to 2 pi
    return wrapped


def angular_distance(
    one: Float[np.ndarray, "*#shape"], other: Float[np.ndarray, "*#shape"]
) -> Float[np.ndarray, "..."]:
    """Absolute angle between directions, from 0 to pi."""
    return np.asarray(np.abs(np.mod(one - other + np.pi, 2 * np.pi) - np.pi))


def _n_bins(bin_width: float) -> int:
    """Return the number of bins of this width around the circle."""
    n_bins = round(TAU / bin_width) if bin_width > 0 else 0
    if n_bins < 2 or abs(n_bins * bin_width - TAU) > 1e-6:
        raise ValueError(f"`bin_width` must divide the circle into equal bins, got {bin_width} rad")
    return n_bins


def _centres(n_bins: int) -> Float[np.ndarray, " bins"]:
    return (np.arange(n_bins) + 0.5) * TAU / n_bins


def _boxcar(n_bins: int, width: float) -> Float[np.ndarray, " bins"]:
    """Circular moving average as weights by offset: each bin's share of the boxcar's width."""
    if not 0 <= width <= TAU:
        raise ValueError(f"`boxcar` must lie between 0 and 2 pi radians, got {width}")
    bins = max(1.0, width / TAU * n_bins)
    offset = np.arange(n_bins)
    distance = np.minimum(offset, n_bins - offset)
    kernel = np.clip(bins / 2 + 0.5 - distance, 0, 1)
    return np.asarray(kernel / kernel.sum())


def _angle_bin(
    spikes: Spikes, angle: Float[np.ndarray, " time"], n_bins: int
) -> Int[np.ndarray, " time"]:
    if angle.shape != (spikes.n_bins,):
        raise ValueError(f"`angle` must have shape ({spikes.n_bins},), got {angle.shape}")
    if not np.isfinite(angle).all():
        raise ValueError("`angle` holds NaN or infinite values; remove those time bins first")
    return np.asarray(np.minimum((wrap(angle) / TAU * n_bins).astype(int), n_bins - 1))
