"""Surrogate recordings: what would have been recorded if something in it were chance.

A surrogate keeps some properties of a recording and draws everything else anew. What a method finds
in the recording, but not in a surrogate, comes from what the surrogate has lost.

References
----------
Amarasingham et al. (2012), doi:10.1152/jn.00633.2011, for jitter and for what it tests.
"""

from dataclasses import replace
from typing import TypeVar

import numpy as np
from jaxtyping import Float

from circuitlib._seeding import streams
from circuitlib.recordings.spike_trains import Recording, SpikeTrains
from circuitlib.recordings.spikes import ROUNDING, Spikes

_Kind = TypeVar("_Kind", bound=Recording)

#: Places on which each neuron may be shifted, below which shifts could not differ.
_LEAST_SLOT = 4


def shifted(recording: _Kind, seed: int = 0) -> _Kind:
    """Shift each train circularly by its own large time.

    Each train keeps its rate and its own rhythm (but for the few bins in which a run's border falls
    inside it), while all that relates one train to another, or to an angle, is destroyed. With `n`
    neurons the shifts are jittered multiples of 1/(n + 1) of the recording in random order, so that
    any two trains, and each train and the angle, are moved apart by at least half of that.

    Parameters
    ----------
    recording
        Counts or spike times.
    seed
        Seed of the shifts.

    Returns
    -------
    Spikes or SpikeTrains
        Counts for counts, spike times for spike times, with the same duration, runs, names, angle,
        and number of spikes of each neuron. A simulation stays one, although the spikes are not
        those of its network any more.

    Raises
    ------
    ValueError
        If the recording has too few bins to move every neuron by another time.
    """
    n, is_counts = recording.n_neurons, isinstance(recording, Spikes)
    length = float(recording.n_bins) if isinstance(recording, Spikes) else recording.duration
    slot = length / (n + 1)
    if is_counts and slot < _LEAST_SLOT:
        raise ValueError(
            f"the recording is too short ({length:.0f} bins) to shift {n} neurons apart"
        )
    (rng,) = streams(seed, 1)
    places = rng.permutation(n) + 1 + rng.uniform(-0.25, 0.25, n)
    shifts = places * slot
    if isinstance(recording, Spikes):
        counts = np.empty_like(recording.counts)
        for neuron, shift in enumerate(shifts.astype(int)):
            counts[:, neuron] = np.roll(recording.counts[:, neuron], shift)
        return replace(recording, counts=counts)
    trains = [
        np.sort(np.mod(recording[neuron] + shift, length)) for neuron, shift in enumerate(shifts)
    ]
    return replace(recording, times=np.concatenate(trains))


def jittered(recording: _Kind, width: float, seed: int = 0) -> _Kind:
    """Move each spike to a random place within its window of `width` seconds.

    How many spikes a neuron fires in each window stays as it was, and so does all that neurons have
    in common on slower scales: drift, a shared input, the position of an activity bump. What is
    faster than a window is destroyed, also within one train: intervals may become shorter than a
    refractory period. Counts keep their values, and change places within a window.

    Parameters
    ----------
    recording
        Counts or spike times.
    width
        Length of a window in seconds. Windows begin with each run; the last one of a run may be
        shorter, and none crosses its border.
    seed
        Seed of the places.

    Returns
    -------
    Spikes or SpikeTrains
        As for :func:`shifted`.

    Raises
    ------
    ValueError
        If a window is shorter than two bins of a recording in bins, or not positive.
    """
    if not (np.isfinite(width) and width > 0):
        raise ValueError(f"`width` of a window in seconds must be positive, got {width}")
    (rng,) = streams(seed, 1)
    if isinstance(recording, Spikes):
        bins = int(width / recording.dt + ROUNDING)
        if bins < 2:
            raise ValueError(
                f"a window of {width:g} s is shorter than two bins of {recording.dt:g} s, between "
                "which counts could change places"
            )
        return replace(recording, counts=_permuted(recording, bins, rng))
    return replace(recording, times=_moved(recording, width, rng))


def _permuted(spikes: Spikes, bins: int, rng: np.random.Generator) -> np.ndarray:
    """Put the counts of each neuron in another order within each window of some bins."""
    every = np.arange(spikes.n_bins)
    starts = spikes.runs.start_of(every)
    # Windows of different runs have different numbers, which rise with time.
    window = starts + (every - starts) // bins
    counts = np.empty_like(spikes.counts)
    for neuron in range(spikes.n_neurons):
        order = np.lexsort((rng.random(spikes.n_bins), window))
        counts[:, neuron] = spikes.counts[order, neuron]
    return counts


def _moved(
    trains: SpikeTrains, width: float, rng: np.random.Generator
) -> Float[np.ndarray, " spikes"]:
    """Move each spike within its window."""
    ends = np.append(trains.run_starts[1:], trains.duration)
    moved = []
    for neuron in range(trains.n_neurons):
        times = trains[neuron]
        run = np.searchsorted(trains.run_starts, times, side="right") - 1
        start, end = trains.run_starts[run], ends[run]
        first = start + width * np.floor((times - start) / width)
        last = np.minimum(first + width, end)
        places = first + (last - first) * rng.random(len(times))
        # Rounding must not carry a spike over the border of its run.
        moved.append(np.sort(np.clip(places, start, np.nextafter(end, 0.0))))
    return np.concatenate(moved)
