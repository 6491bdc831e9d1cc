"""Controls of a recording, and what a method finds in them.

- ``"uncoupled"``: cells with the recorded tuning, lags and slow gains on the recorded path of the
  angle, coupled to nobody. For recordings with an angle.
- ``"shifted"``: each train shifted by its own large time. Nothing between neurons is left. For
  recordings without an angle.
- ``"jittered"``: each spike moved within a window. What is common and slow is left, fine timing is
  not. For all recordings: on head-direction cells of a mouse, most of what is beyond the uncoupled
  control is slower than a window.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from circuitlib.head_direction.controls import uncoupled_control
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import wrap
from circuitlib.head_direction.versions import GAIN_WINDOW
from circuitlib.methods.single_index.held_link import weights_with_link_of
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.recordings.spike_trains import Recording, SpikeTrains
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.surrogates import jittered, shifted
from circuitlib.report.claims import Estimate, Name

#: Draws of each control.
DRAWS = 3
#: Windows in which spikes are jittered, in time constants of the synapses.
WINDOW = 5.0
#: Bins (s) of the tuning that spike times get in the uncoupled control.
_TUNING_BIN = 5e-3
#: Draws in which a neuron is silent that are tried anew.
_TRIES = 20


def controls_of(recording: Recording) -> tuple[Name, ...]:
    """Return the names of the controls of a recording."""
    return ("shifted" if recording.angle is None else "uncoupled", "jittered")


def draw(name: Name, recording: Recording, tau: float, seed: int) -> Recording:
    """Draw a control in which every neuron of the recording fires.

    Parameters
    ----------
    name
        Which one.
    recording
        What it is a control of.
    tau
        Synaptic time constant in seconds.
    seed
        Seed of the draw.

    Raises
    ------
    ValueError
        If the recording has too few spikes or bins for it.
    """
    if name == "shifted":
        return shifted(recording, seed)
    if name == "jittered":
        return jittered(recording, window(recording, tau), seed)
    for number in range(_TRIES):
        control = _uncoupled(recording, seed + 1000 * number)
        if (control.rates > 0).all():
            return control
    raise ValueError("some neurons have too few spikes: their uncoupled controls are silent")


def window(recording: Recording, tau: float) -> float:
    """Return the window of the jitter in seconds, two bins of the recording at least."""
    return max(WINDOW * tau, 2 * recording.dt) if isinstance(recording, Spikes) else WINDOW * tau


def estimate(name: Name, unfitted: Any, fitted: Any, control: Recording) -> Estimate:
    """Return what a method finds in a control.

    Parameters
    ----------
    name
        Which control it is.
    unfitted
        The method.
    fitted
        Its fit to the recording. A jittered recording has the same drives as the recording, so that
        free weights are fitted with the link that the recording has; the others are fitted anew.
    control
        A draw of the control.
    """
    if (
        name == "jittered"
        and isinstance(fitted, SingleIndex)
        and fitted.structure_ is None
        and fitted.directed
    ):
        return Estimate(*weights_with_link_of(fitted, control))
    found = replace(unfitted).fit(control)
    return Estimate(found.weights_, found.errors_)


def _uncoupled(recording: Recording, seed: int) -> Recording:
    """Draw cells with the same tuning on the same path of the angle."""
    counts = recording if isinstance(recording, Spikes) else recording.binned(_TUNING_BIN)
    if counts.angle is None:
        raise ValueError("an uncoupled control needs an angle")
    tuned = HeadDirectionRecording(counts, wrap(counts.angle), "the recording")
    drawn = uncoupled_control(tuned, seed, anticipation=True, excitability=GAIN_WINDOW).spikes
    if isinstance(recording, Spikes):
        return replace(recording, counts=drawn.counts)
    return _scattered(recording, drawn, seed)


def _scattered(trains: SpikeTrains, counts: Spikes, seed: int) -> SpikeTrains:
    """Put the spikes of each bin at random times in it."""
    rng = np.random.default_rng(np.random.SeedSequence(seed).spawn(2)[1])
    bins_of_runs = trains.bins_of_runs(counts.dt)
    first = np.repeat(np.cumsum(bins_of_runs) - bins_of_runs, bins_of_runs)
    begin = np.repeat(trains.run_starts, bins_of_runs)
    begin = begin + (np.arange(counts.n_bins) - first) * counts.dt
    times, lengths = [], [0]
    for train in counts.counts.T:
        bins = np.repeat(np.arange(counts.n_bins), train)
        times.append(np.sort(begin[bins] + rng.random(len(bins)) * counts.dt))
        lengths.append(len(bins))
    # A plain record: these are no spikes of a simulated network.
    return SpikeTrains(
        np.concatenate(times),
        np.cumsum(lengths),
        trains.duration,
        run_starts=trains.run_starts,
        precision=trains.precision,
        units=trains.units,
        angle=trains.angle,
    )
