"""Head-direction cells without coupling: a simulated stand-in and two controls of a recording."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float
from scipy.signal import lfilter

from circuitlib._seeding import streams
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import TAU, wrap
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.surrogates import shifted

#: Statistics of the stand-in's head movement: angular velocity (rad/s) and its memory (s).
VELOCITY_SD = 2.0
VELOCITY_TAU = 0.1


def simulate_stand_in(
    seed: int = 0, duration: float = 2100.0, n_neurons: int = 19, dt: float = 10e-3
) -> HeadDirectionRecording:
    """Simulate head-direction cells that are driven by the head angle and coupled to nobody.

    The head turns with a random angular velocity (an Ornstein-Uhlenbeck process with the standard
    deviation and memory of a foraging mouse). Each cell has a von Mises tuning curve, a peak rate
    with a median of 13 Hz, and fires independent Poisson counts. About half of the preferred
    directions crowd into one quarter of the circle, as they do in the mouse. Nothing found in such
    data can be a connection: what a method infers from it comes from the shared head angle.

    Parameters
    ----------
    seed
        Seed of everything random.
    duration
        Length in seconds.
    n_neurons
        Number of cells.
    dt
        Bin width in seconds.

    Returns
    -------
    HeadDirectionRecording
        With ``is_stand_in`` set.

    Raises
    ------
    ValueError
        If the duration is shorter than a bin or there is no neuron.
    """
    n_bins = round(duration / dt)
    if n_bins < 1:
        raise ValueError(f"`duration` must be at least one bin of {dt:g} s, got {duration:g} s")
    if n_neurons < 1:
        raise ValueError(f"`n_neurons` must be at least 1, got {n_neurons}")
    movement, cells, noise = streams(seed, 3)
    angle = wrap(movement.uniform(0, TAU) + np.cumsum(_velocity(n_bins, dt, movement)) * dt)

    crowded = cells.random(n_neurons) < 0.5
    preferred = np.where(
        crowded, cells.vonmises(-2.0, 4.0, n_neurons), cells.uniform(0, TAU, n_neurons)
    )
    sharpness = cells.uniform(1.5, 5.0, n_neurons)
    peak = 13.0 * np.exp(0.5 * cells.standard_normal(n_neurons))  # Hz
    curve = np.exp(sharpness * (np.cos(angle[:, None] - preferred) - 1))  # (time, neurons)
    counts = _poisson_counts(peak * (0.02 + 0.98 * curve) * dt, noise)
    source = f"simulated stand-in (seed {seed}): uncoupled Poisson cells, not an animal"
    return HeadDirectionRecording(Spikes(counts, dt), angle, source, is_stand_in=True)


def uncoupled_control(recording: HeadDirectionRecording, seed: int = 0) -> HeadDirectionRecording:
    """Replace the cells by independent Poisson cells with the same tuning, on the same head path.

    What a method still infers from this control is due to the shared head angle alone. The cells
    follow the recorded angle and the recorded tuning curves; slow changes of excitability,
    refractoriness and anticipation of the head's turn are not in them.

    Parameters
    ----------
    recording
        The recording whose tuning curves, angle, bins and runs are taken over.
    seed
        Seed of the spikes.

    Returns
    -------
    HeadDirectionRecording
        Same bins, runs, angle and number of cells.
    """
    angles, rates = recording.tuning_curves()
    (rng,) = streams(seed, 1)
    spikes = recording.spikes
    expected = np.empty(spikes.counts.shape)
    known = np.isfinite(rates[:, 0])
    for neuron in range(spikes.n_neurons):
        curve = rates[known, neuron] * spikes.dt
        expected[:, neuron] = np.interp(recording.angle, angles[known], curve, period=TAU)
    control = Spikes(_poisson_counts(expected, rng), spikes.dt, spikes.starts)
    source = f"uncoupled control (seed {seed}) of {recording.source}"
    return replace(recording, spikes=control, source=source, sha256=None)


def shuffle_control(recording: HeadDirectionRecording, seed: int = 0) -> HeadDirectionRecording:
    """Shift each cell's train circularly by its own large time.

    Each train keeps its rate and its own rhythm, while coupling between cells and the shared head
    angle are both destroyed; see :func:`circuitlib.recordings.surrogates.shifted`.

    Parameters
    ----------
    recording
        The recording.
    seed
        Seed of the shifts.

    Returns
    -------
    HeadDirectionRecording
        Same bins, runs, angle and number of spikes of each cell.

    Raises
    ------
    ValueError
        If the recording has too few bins to move every cell by another time.
    """
    shuffled = shifted(recording.spikes, seed)
    source = f"shuffled control (seed {seed}) of {recording.source}"
    return replace(recording, spikes=shuffled, source=source, sha256=None)


def _velocity(n_bins: int, dt: float, rng: np.random.Generator) -> Float[np.ndarray, " time"]:
    """Draw a stationary Ornstein-Uhlenbeck angular velocity in rad/s."""
    keep = np.exp(-dt / VELOCITY_TAU)
    noise = rng.standard_normal(n_bins) * VELOCITY_SD
    noise[1:] *= np.sqrt(1 - keep**2)
    return np.asarray(lfilter([1.0], [1.0, -keep], noise))


def _poisson_counts(
    expected: Float[np.ndarray, "time neurons"], rng: np.random.Generator
) -> np.ndarray:
    """Draw Poisson counts as bytes."""
    return np.minimum(rng.poisson(expected), 255).astype(np.uint8)
