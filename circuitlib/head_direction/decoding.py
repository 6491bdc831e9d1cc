"""The angle that the cells themselves tell, which need not be where the head points."""

import numpy as np
from jaxtyping import Float
from scipy.ndimage import gaussian_filter1d

from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import wrap

#: Rate in hertz of a cell at least, where its tuning curve is lower: a spike there is no proof.
_LEAST = 0.05


def decoded_angle(
    recording: HeadDirectionRecording, width: float = 50e-3
) -> Float[np.ndarray, " time"]:
    r"""Return the angle that the spikes around each bin tell, from the tuning curves of all cells.

    It is the mean direction of the posterior of independent Poisson cells,

    .. math:: \log p(\theta) = \sum_i n_i \log f_i(\theta) - T f_i(\theta),

    where n are the spikes under a Gaussian window and T is its length. It differs from the head
    angle by what the cells tell of another angle, and by what few spikes leave open.

    Parameters
    ----------
    recording
        Spikes and head angle; the angle enters through the tuning curves only.
    width
        Standard deviation of the window in seconds. No window reaches into another run.

    Raises
    ------
    ValueError
        If the width is not positive.

    References
    ----------
    Zhang et al. (1998), doi:10.1152/jn.1998.79.2.1017.
    """
    if width <= 0:
        raise ValueError(f"`width` in seconds must be positive, got {width:g}")
    spikes, curves = recording.spikes, recording.tuning_curves()
    known = np.isfinite(curves.rates[:, 0])
    rates = np.maximum(curves.rates[known], _LEAST)  # (angles, neurons)
    direction = np.exp(1j * curves.angles[known])
    bins = width / spikes.dt
    length = 2 * np.sqrt(np.pi) * bins  # of the even window that leaves as much noise
    never = length * spikes.dt * rates.sum(axis=1)
    decoded = np.empty(spikes.n_bins)
    for run in spikes.runs.slices:
        around = gaussian_filter1d(spikes.counts[run].astype(np.float64), bins, axis=0)
        log = length * around @ np.log(rates).T - never
        posterior = np.exp(log - log.max(axis=1, keepdims=True))
        decoded[run] = np.angle(posterior @ direction)
    return wrap(decoded)
