"""Judge inferred weights and predicted rates."""

from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Num
from scipy.special import xlogy

Scale = Literal["least-squares", "mean-profile"]

#: Bins whose likelihood is computed at once, to bound the memory.
_CHUNK = 16_384


class Score(NamedTuple):
    """How far inferred weights are from the truth; see :func:`score_weights`."""

    delta: float
    delta_paper: float
    bias: float
    variance: float
    side_trough: float
    scale: float


def mean_profile(weights: object) -> Float[np.ndarray, " offset"]:
    """Mean weight at each circular offset ``post - pre``: rows aligned to one phase, averaged.

    Parameters
    ----------
    weights
        Weights of neurons in ring order, shape ``(post, pre)``; NaN where not inferred.

    Returns
    -------
    array
        Entry `k` is the mean of ``weights[(j + k) % N, j]`` over `j`, NaN left out. Entry 0 is the
        diagonal, which no score reads.
    """
    weights = _square("weights", weights)
    n = len(weights)
    index = np.arange(n)
    aligned = weights[(index[:, None] + index[None, :]) % n, index[None, :]]  # (offset, pre)
    known = np.isfinite(aligned)
    total = np.where(known, aligned, 0.0).sum(axis=1)
    count = known.sum(axis=1)
    return np.asarray(np.divide(total, count, out=np.full(n, np.nan), where=count > 0))


def inference_error(
    truth: object,
    weights: object,
    scale: Scale = "least-squares",
) -> float:
    r"""Relative distance of inferred weights to the true ones, off the diagonal.

    .. math:: \Delta = \| W - \alpha w \|_F / \| W \|_F

    Parameters
    ----------
    truth
        True weights W, shape ``(post, pre)``.
    weights
        Inferred weights w, same shape; NaN where not inferred (left out).
    scale
        How :math:`\alpha` is found: ``"least-squares"`` over all entries (Das & Fiete), or
        ``"mean-profile"``, the least l1 distance between the mean profiles (Yoon). It may be
        negative.

    Returns
    -------
    float
        Zero for a scaled truth, one for no resemblance at the least-squares scale.

    Raises
    ------
    ValueError
        If the shapes differ, no entry was inferred, or the truth has no connection.

    References
    ----------
    Das & Fiete (2020), doi:10.1038/s41593-020-0699-2; Yoon (2025), arXiv:2509.17174, section 4.

    Examples
    --------
    >>> truth = np.array([[0.0, 1.0], [2.0, 0.0]])
    >>> inference_error(truth, -3.0 * truth)
    0.0
    """
    truth, weights, scored = _scored(truth, weights)
    if scale == "least-squares":
        alpha = _least_squares(truth[scored], weights[scored])
    elif scale == "mean-profile":
        alpha = _least_absolute(mean_profile(truth)[1:], mean_profile(weights)[1:])
    else:
        raise ValueError(f'`scale` must be "least-squares" or "mean-profile", got {scale!r}')
    return _relative(truth[scored] - alpha * weights[scored], truth[scored])


def score_weights(
    truth: object,
    weights: object,
    bump_spacing: int | None = None,
) -> Score:
    r"""Score inferred weights.

    With the least-squares scale, :math:`\Delta^2 = \mathrm{bias}^2 + \mathrm{variance}^2`: the
    bias is the error of the mean profile, the variance the scatter about it.

    Parameters
    ----------
    truth
        True weights, shape ``(post, pre)``. Only those of a ring (each row the one before, shifted)
        have a mean profile: for other networks all but `delta` and `scale` are NaN.
    weights
        Inferred weights, same shape; NaN where not inferred.
    bump_spacing
        Distance between neighbouring activity bumps in neurons, for the side trough. Without it,
        or with a single bump, the side trough is NaN.

    Returns
    -------
    Score
        `delta`, `delta_paper` (scale from the mean profile), `bias`, `variance`, `side_trough`
        (mean profile one bump spacing away over the size of its peak; negative is inhibition) and
        `scale` (the least-squares factor from inferred to true weights).

    Raises
    ------
    ValueError
        As :func:`inference_error`.
    """
    truth, weights, scored = _scored(truth, weights)
    n = len(truth)
    alpha = _least_squares(truth[scored], weights[scored])
    delta = _relative(truth[scored] - alpha * weights[scored], truth[scored])
    nothing = float("nan")
    if not np.allclose(truth, _circulant(mean_profile(truth)), atol=1e-9 * np.abs(truth).max()):
        return Score(delta, nothing, nothing, nothing, nothing, float(alpha))
    profile = mean_profile(weights)
    mean = _circulant(profile)[scored]
    side_trough = nothing
    if bump_spacing is not None and bump_spacing < n:  # a single bump has no neighbour
        shape = np.sign(alpha) * profile[1:]
        at = np.array([bump_spacing, n - bump_spacing]) - 1
        peak = np.nanmax(np.abs(shape))
        side_trough = float(shape[at].mean() / peak) if peak > 0 else nothing
    return Score(
        delta=delta,
        delta_paper=inference_error(truth, weights, scale="mean-profile"),
        bias=_relative(truth[scored] - alpha * mean, truth[scored]),
        variance=_relative(alpha * (weights[scored] - mean), truth[scored]),
        side_trough=side_trough,
        scale=float(alpha),
    )


def bits_per_spike_by_neuron(
    counts: Num[np.ndarray, "time neurons"], rates: Float[np.ndarray, "time neurons"]
) -> Float[np.ndarray, " neurons"]:
    r"""Information that predicted rates carry about the spikes of each neuron.

    .. math:: \frac{\mathrm{LL}(\lambda) - \mathrm{LL}(\bar\lambda)}{n \ln 2}

    with the Poisson log likelihood LL, the mean rate :math:`\bar\lambda` of the same data and the
    number of spikes n.

    Parameters
    ----------
    counts
        Spikes per bin, shape ``(time, neurons)``.
    rates
        Expected spikes per bin, same shape, not negative.

    Returns
    -------
    array
        Bits per spike, shape ``(neurons,)``; NaN for a neuron without a spike.

    Raises
    ------
    ValueError
        If the shapes differ or a rate is negative or NaN.
    """
    counts, rates = np.asarray(counts), np.asarray(rates, dtype=np.float64)
    if counts.shape != rates.shape:
        raise ValueError(f"`counts` {counts.shape} and `rates` {rates.shape} differ in shape")
    if not (rates >= 0).all():
        raise ValueError("`rates` must be zero or positive everywhere, without NaN")
    n_spikes = counts.sum(axis=0, dtype=np.float64)
    gain = np.zeros(len(n_spikes))
    with np.errstate(divide="ignore"):
        for first in range(0, len(counts), _CHUNK):  # fine bins make long recordings
            bins = slice(first, first + _CHUNK)
            gain += (xlogy(counts[bins], rates[bins]) - rates[bins]).sum(axis=0)
    gain -= xlogy(n_spikes, n_spikes / len(counts)) - n_spikes
    nothing = np.full(len(n_spikes), np.nan)
    return np.asarray(np.divide(gain, n_spikes * np.log(2), out=nothing, where=n_spikes > 0))


def bits_per_spike(
    counts: Num[np.ndarray, "time neurons"], rates: Float[np.ndarray, "time neurons"]
) -> float:
    """Bits per spike, averaged over the neurons that spiked; see `bits_per_spike_by_neuron`.

    Raises
    ------
    ValueError
        If no neuron spiked, the shapes differ or a rate is negative.
    """
    values = bits_per_spike_by_neuron(counts, rates)
    if np.isnan(values).all():
        raise ValueError("bits per spike need at least one spike, and `counts` holds none")
    return float(np.nanmean(values))


def _circulant(profile: np.ndarray) -> np.ndarray:
    index = np.arange(len(profile))
    return np.asarray(profile[(index[:, None] - index[None, :]) % len(profile)])


def _least_squares(truth: np.ndarray, weights: np.ndarray) -> float:
    power = float(weights @ weights)
    return float(truth @ weights) / power if power > 0 else 0.0


def _least_absolute(truth: np.ndarray, weights: np.ndarray) -> float:
    """Return the factor of least l1 distance: a weighted median of the ratios."""
    used = np.isfinite(weights) & (weights != 0)
    if not used.any():
        return 0.0
    ratio = truth[used] / weights[used]
    order = np.argsort(ratio)
    weight = np.cumsum(np.abs(weights[used])[order])
    return float(ratio[order][np.searchsorted(weight, weight[-1] / 2)])


def _relative(difference: np.ndarray, truth: np.ndarray) -> float:
    return float(np.linalg.norm(difference) / np.linalg.norm(truth))


def _square(name: str, weights: object) -> np.ndarray:
    """Return a square matrix in double precision; refuse what is none."""
    try:
        matrix = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(
            f"`{name}` must be a matrix of numbers, got {type(weights).__name__}"
        ) from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"`{name}` must have shape (neurons, neurons), got {matrix.shape}")
    if np.isinf(matrix).any():
        raise ValueError(
            f"`{name}` holds infinite values; NaN means that a weight was not inferred"
        )
    return matrix


def _scored(truth: object, weights: object) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Check both matrices; return them and where the error is read, each ``(post, pre)``."""
    truth, weights = _square("truth", truth), _square("weights", weights)
    if weights.shape != truth.shape:
        raise ValueError(f"`weights` has shape {weights.shape} but `truth` {truth.shape}")
    scored: np.ndarray = np.isfinite(weights) & ~np.eye(len(truth), dtype=bool)
    if not scored.any():
        raise ValueError("`weights` holds no inferred entry off the diagonal")
    if not np.isfinite(truth).all() or not truth[scored].any():
        raise ValueError("`truth` holds NaN or has no connection to compare with")
    return truth, weights, scored
