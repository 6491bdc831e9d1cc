"""Cells that follow a head angle and are coupled as well, for a control with a known answer."""

from typing import no_type_check

import numpy as np
from jaxtyping import Float, Int
from numba import njit

from circuitlib.head_direction.tuning import angular_distance

#: Log rate beyond which coupling cannot change a rate, so that excitation does not run away.
_MOST = 3.0
#: Passes in which rates are brought to what they are without coupling, and the part of all spikes
#: by which they may then still differ.
_PASSES, _MAY_DIFFER = 4, 0.1


def ring_coupling(
    preferred: Float[np.ndarray, " neurons"], peak: float
) -> Float[np.ndarray, "post pre"]:
    """Return the weights of a ring: excitation between like directions, inhibition between others.

    They are the cosine of the angle between preferred directions, the simplest profile that holds
    an activity bump, without weights of cells on themselves.

    Parameters
    ----------
    preferred
        Preferred directions in radians.
    peak
        Log rate that a spike adds in a cell of the same direction.

    References
    ----------
    Ben-Yishai, Bar-Or & Sompolinsky (1995), doi:10.1073/pnas.92.9.3844.
    """
    weights = peak * np.cos(angular_distance(preferred[:, None], preferred))
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights)


def coupled_counts(
    expected: Float[np.ndarray, "time neurons"],
    weights: Float[np.ndarray, "post pre"],
    decay: float,
    starts: Int[np.ndarray, " runs"],
    rng: np.random.Generator,
) -> Float[np.ndarray, "time neurons"]:
    """Draw counts of cells whose rate is what is expected times what earlier spikes do to it.

    Each spike adds its weight to the log rates of the others from the next bin on, which decays.
    Rates are scaled so that each cell fires as often as expected; the scale comes from passes that
    are drawn before.

    Parameters
    ----------
    expected
        Spikes of each bin without coupling.
    weights
        Shape ``(post, pre)``.
    decay
        Part of the effect that is left after a bin.
    starts
        First bins of the runs; nothing is carried from one into the next.
    rng
        Draws the spikes.

    Raises
    ------
    ValueError
        If excitation runs away, so that rates cannot be held.
    """
    is_start = np.zeros(len(expected), dtype=bool)
    is_start[starts] = True
    scale = np.ones(expected.shape[1])
    for _ in range(_PASSES):
        counts = _draw(expected * scale, weights, decay, is_start, rng)
        scale *= np.maximum(expected.sum(axis=0), 1.0) / np.maximum(counts.sum(axis=0), 1.0)
    counts = np.asarray(_draw(expected * scale, weights, decay, is_start, rng))
    if abs(counts.sum() / max(expected.sum(), 1.0) - 1) > _MAY_DIFFER:
        raise ValueError(
            f"`coupling` of up to {weights.max():g} runs away: {counts.sum():.0f} spikes where "
            f"{expected.sum():.0f} are expected; choose weaker coupling or a shorter `tau`"
        )
    return counts


@njit(cache=True)
@no_type_check
def _draw(expected, weights, decay, is_start, rng):
    """Draw counts bin by bin."""
    n = expected.shape[1]
    counts = np.empty(expected.shape)
    drive = np.zeros(n)
    for t in range(len(expected)):
        if is_start[t]:
            drive[:] = 0.0
        for i in range(n):
            log_gain = min(drive[i], _MOST)
            counts[t, i] = min(rng.poisson(expected[t, i] * np.exp(log_gain)), 255)
        drive *= decay
        for j in range(n):
            if counts[t, j] > 0:
                for i in range(n):
                    drive[i] += decay * weights[i, j] * counts[t, j]
    return counts
