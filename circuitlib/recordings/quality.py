"""What spike times say of the quality of a recording."""

import numpy as np
from jaxtyping import Float

from circuitlib.recordings.spike_trains import SpikeTrains

#: Seconds after a spike in which a neuron hardly fires again.
REFRACTORY = 1e-3


def common_pauses(
    trains: SpikeTrains,
) -> tuple[Float[np.ndarray, " pauses"], Float[np.ndarray, " pauses"]]:
    """Return when all neurons begin to be silent together, and for how long.

    Parameters
    ----------
    trains
        The recording; a pause never goes on across a gap in it.

    Returns
    -------
    begin, length
        Recorded time and seconds, in the order of time.
    """
    times = np.sort(trains.times)
    before = np.sort(np.concatenate((trains.run_starts, times)))
    after = np.sort(np.concatenate((times, trains.run_starts[1:], [trains.duration])))
    return before, after - before


def refractory_violations(trains: SpikeTrains) -> Float[np.ndarray, " neurons"]:
    """Return the share of each neuron's intervals that are shorter than its refractory period.

    Many of them tell of spikes of other neurons in a unit. NaN for a neuron with one spike.
    """
    shares = np.full(trains.n_neurons, np.nan)
    for neuron in range(trains.n_neurons):
        intervals = np.diff(trains[neuron])
        if len(intervals):
            shares[neuron] = np.mean(intervals < REFRACTORY)
    return shares
