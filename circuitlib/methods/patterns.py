"""What decompositions into patterns share: smoothed activity, and how many patterns it holds."""

import numpy as np
from jaxtyping import Float

from circuitlib._seeding import streams
from circuitlib.methods.estimator import check_neurons
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.traces import trace


def smoothed_activity(
    recording: Recording, bin_width: float, tau: float
) -> Float[np.ndarray, "time neurons"]:
    """Count spikes in bins and smooth them by an exponential.

    Parameters
    ----------
    recording
        Spikes of at least two neurons that all fire.
    bin_width
        Bins in seconds.
    tau
        Time constant of the exponential in seconds.

    Returns
    -------
    array
        Activity in single precision, shape ``(time, neurons)``, not negative.

    Raises
    ------
    ValueError
        If there is only one neuron, one never fires, or a setting is out of range.
    """
    if not (np.isfinite(tau) and tau > 0):
        raise ValueError(f"`tau` in seconds must be positive, got {tau}")
    spikes = recording.binned(bin_width)
    check_neurons(spikes)
    # The trace can undershoot zero by a rounding error.
    return np.asarray(np.maximum(trace(spikes, tau), 0))


def n_patterns(
    activity: Float[np.ndarray, "time neurons"], n: int | None, name: str, seed: int
) -> int:
    """Return a given number of patterns, or count those that stand out of chance.

    The count is by parallel analysis (Horn 1965, doi:10.1007/BF02289447): how many eigenvalues of
    the correlation of all neurons exceed the largest that is left when each neuron is shifted in
    time by an amount of its own, around the ends. It needs no true weights.

    Parameters
    ----------
    activity
        Smoothed activity, shape ``(time, neurons)``.
    n
        The number, or None to count.
    name
        Name of the setting, for an error.
    seed
        Seed of the shifts.

    Returns
    -------
    int
        Number of patterns, at least one.

    Raises
    ------
    ValueError
        If the given number is not positive.
    """
    if n is not None:
        if n < 1:
            raise ValueError(f"`{name}` must be at least one, got {n}")
        return n
    (rng,) = streams(seed, 1)
    shifts = rng.integers(len(activity), size=(activity.shape[1],))
    shifted = [
        np.roll(column, shift) for column, shift in zip(activity.T, shifts.tolist(), strict=True)
    ]
    chance = np.linalg.eigvalsh(np.corrcoef(shifted))[-1]
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(activity, rowvar=False))
    return max(1, int((eigenvalues > chance).sum()))
